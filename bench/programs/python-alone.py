import json

print(json.dumps({"n": 1}))
