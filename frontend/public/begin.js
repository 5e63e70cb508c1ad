// Before the first paint: the colour scheme last chosen, or the system's.
var chosen = localStorage.getItem('mantine-color-scheme-value')
var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')

// Who is there is asked while the rest is still being fetched; session.ts takes the answer, and knows the lock.
var ask = () => fetch('/api/auth/refresh', { method: 'POST', headers: { 'X-Foresell': '1' } })
window.firstRefresh = navigator.locks ? navigator.locks.request('foresell-refresh', ask) : ask()
window.firstRefresh.catch(() => {})
