/** A drawn chart as a picture: its SVG with the colours as shown, under its title. */

const COPIED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'font-family',
  'font-size',
  'font-weight',
  'opacity',
  'text-anchor',
] as const
const SCALE = 2
const MARGIN = 16
const TITLE_HEIGHT = 44

/** A PNG of the first SVG within `chart`, twice its size on screen. Rejects when there is none or the browser refuses. */
export async function toPng(chart: Element, title: string, note: string): Promise<Blob> {
  const svg = chart.querySelector('svg')
  if (!svg) throw new Error('This chart is not drawn yet.')
  const { width, height } = svg.getBoundingClientRect()
  const picture = await load(standAlone(svg, width, height))
  const canvas = document.createElement('canvas')
  canvas.width = (width + 2 * MARGIN) * SCALE
  canvas.height = (height + TITLE_HEIGHT + MARGIN) * SCALE
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('The browser cannot draw pictures.')
  const root = getComputedStyle(document.documentElement)
  const colour = (name: string) => root.getPropertyValue(name).trim()
  const font = getComputedStyle(document.body).fontFamily
  pen.scale(SCALE, SCALE)
  pen.fillStyle = colour('--card')
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.fillStyle = colour('--ink')
  pen.font = `600 14px ${font}`
  pen.fillText(title, MARGIN, 22, width)
  pen.fillStyle = colour('--dim')
  pen.font = `12px ${font}`
  pen.fillText(note, MARGIN, 38, width)
  pen.drawImage(picture, MARGIN, TITLE_HEIGHT, width, height)
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))), 'image/png')
  })
}

/** The SVG as text that needs no style sheet: what the page's styles say is written into a copy. */
function standAlone(svg: SVGSVGElement, width: number, height: number): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const originals = [svg, ...svg.querySelectorAll('*')]
  const copies = [copy, ...copy.querySelectorAll('*')]
  originals.forEach((original, place) => {
    const style = getComputedStyle(original)
    for (const name of COPIED) copies[place]?.setAttribute(name, style.getPropertyValue(name))
  })
  return new XMLSerializer().serializeToString(copy)
}

function load(svg: string): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  const picture = new Image()
  return new Promise<HTMLImageElement>((resolve, reject) => {
    picture.onload = () => resolve(picture)
    picture.onerror = () => reject(new Error('The picture could not be made.'))
    picture.src = url
  }).finally(() => URL.revokeObjectURL(url))
}
