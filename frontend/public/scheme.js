// Before the first paint: the colour scheme last chosen, or the system's.
var chosen = localStorage.getItem('mantine-color-scheme-value')
var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
