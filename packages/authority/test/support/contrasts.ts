/** In the browser: the contrast of each text with what is behind it (WCAG 2.2, relative luminance). */
export const CONTRASTS: string = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0)
  const behind = (element) => {
    const color = channels(getComputedStyle(element).backgroundColor)
    return color[3] === 0 ? behind(element.parentElement) : color
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const texts = []
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode
    if (textContent.trim() === '') continue
    const [a, b] = [channels(getComputedStyle(parentElement).color), behind(parentElement)].map(luminance)
    texts.push({ text: textContent.trim(), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) })
  }
  return texts
})()`
