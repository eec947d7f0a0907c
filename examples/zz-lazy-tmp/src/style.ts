export const style = `
:root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: #0f172a; background: #f8fafc }
body { max-width: 1120px; margin: 2.5rem auto; padding: 0 1.5rem }
h1 { font-size: 2rem; margin: 0 }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.3rem }
h3 { margin: 0 0 .75rem; font-size: .95rem }
p { margin: .25rem 0 1rem; color: #475569 }
i { font-style: normal }
.row { display: flex; flex-wrap: wrap; gap: 1rem }
.card { background: white; border: 1px solid #e2e8f0; border-radius: 10px; padding: 1rem; flex: auto; min-width: 0 }
.tile { flex: 1 1 11rem; color: #475569; font-size: .85rem }
.tile b { display: block; font-size: 1.5rem; line-height: 1.4; color: #0f172a }
b.good { color: #15803d }
b.bad { color: #b91c1c }
figure { margin: 0; font-size: .75rem; color: #475569; text-align: center }
figure svg { display: block; width: 100%; background: #f1f5f9; border-radius: 3px }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(46px, 1fr)); gap: 8px; margin-bottom: 1rem }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(64px, 1fr)); gap: 10px 14px; max-width: 560px }
.drift { display: flex; flex-wrap: wrap; gap: 1.25rem }
.drift p { margin: .5rem 0; max-width: 12rem }
.drift figure { width: 96px }
.legend span { white-space: nowrap; margin-right: 1rem }
.legend i { display: inline-block; width: 1rem; height: 1rem; margin-right: .4rem; vertical-align: -2px; border: 1px solid #e2e8f0; border-radius: 3px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #e2e8f0 }
th { font-weight: 500; color: #475569 }
.chosen { font-weight: 700; background: #eff6ff }
`
