const TEXT_COLOUR = '#334155';

/** A line of text in a picture; the content may be anything. */
export function svgText(left: number, top: number, content: string, attributes = ''): string {
  return `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" fill="${TEXT_COLOUR}" ${attributes}>${escapeXml(content)}</text>`;
}

/** Text that is safe between tags and in attributes; characters that XML does not know are left out. */
export function escapeXml(content: string): string {
  return content
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
