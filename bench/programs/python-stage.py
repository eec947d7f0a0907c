from millrace import stage


@stage
def script(input):
    return {"n": input["n"]}
