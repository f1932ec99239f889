/** How the shop's page looks, on light and dark screens. */
export const STYLE = `
  :root {
    color-scheme: light dark;
    --ground: light-dark(#f6f7f9, #14171b); --card: light-dark(#ffffff, #1e232a); --line: light-dark(#dde2e8, #353d47);
    --text: light-dark(#17212b, #e8edf2); --quiet: light-dark(#5b6875, #9aa7b4);
    --yours: light-dark(#0f766e, #2dd4bf); --yours-ground: light-dark(#ecfdf9, #10302d);
  }
  body { margin: 0 auto; padding: 3rem 1.5rem; max-width: 52rem; background: var(--ground); color: var(--text);
    font: 1.05rem/1.5 system-ui, sans-serif }
  header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 1rem }
  h1 { margin: 0; font-size: 2rem }
  h2 { margin: 0 0 .3rem; font-size: 1.1rem }
  p, form { margin: .4rem 0 }
  form span, .instance { color: var(--quiet) }
  button { margin-left: .5rem; padding: .4em 1em; border: 0; border-radius: 6px; background: var(--text);
    color: var(--ground); font: inherit; cursor: pointer }
  ol { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 2rem; margin: 1.5rem 0;
    padding: 0; list-style: none }
  li { position: relative; padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: 10px;
    background: var(--card) }
  li + li::before { content: '→'; position: absolute; left: -1.6rem; top: 50%; translate: 0 -50%; color: var(--quiet) }
  li p { margin: 0 }
  .instance { overflow-wrap: anywhere; font: .8rem/1.6 ui-monospace, monospace }
  .developer { border-color: var(--yours); background: var(--yours-ground) }
  .developer b { color: var(--yours) }
  #dot { display: inline-block; width: .7em; height: .7em; margin-right: .4em; border-radius: 50%;
    background: var(--line) }
  #dot.app { background: var(--quiet) }
  #dot.developer { background: var(--yours) }
`
