/** Makes nodes be what elements say. What is already right is left alone, so that focus, selection and open parts stay. */
import type { Element as Described } from '../observe/timeline/markup.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Which attributes of a node are ours: those that a person changes, such as `open`, are not. */
const given = new WeakMap<Element, readonly string[]>();

/** The children of `parent` become `children`. Texts are texts: nothing is ever parsed as markup. */
export function patchChildren(parent: Element, children: readonly (Described | string)[]): void {
  for (const [index, child] of children.entries()) {
    const node = parent.childNodes[index];
    if (typeof child === 'string') {
      if (node instanceof Text) node.data = node.data === child ? node.data : child;
      else put(parent, new Text(child), node);
    } else if (node instanceof Element && isFor(node, child)) {
      patch(node, child);
    } else {
      put(parent, create(parent, child), node);
    }
  }
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
}

/** Nodes with a `data-key` stand for one thing: another thing gets another node. */
function isFor(node: Element, { tag, attributes }: Described): boolean {
  return node.localName === tag && (node.getAttribute('data-key') ?? '') === String(attributes['data-key'] ?? '');
}

function put(parent: Element, node: Node, instead: ChildNode | undefined): void {
  if (instead === undefined) parent.append(node);
  else instead.replaceWith(node);
}

function create(parent: Element, described: Described): Element {
  const namespace = described.tag === 'svg' || parent.namespaceURI === SVG ? SVG : 'http://www.w3.org/1999/xhtml';
  const node = document.createElementNS(namespace, described.tag);
  patch(node, described);
  return node;
}

function patch(node: Element, { attributes, children }: Described): void {
  const names = Object.keys(attributes);
  const before = given.get(node) ?? [];
  for (const [name, value] of Object.entries(attributes)) {
    // `open` is a start: after it, the reader decides.
    if (name === 'open' && before.includes(name)) continue;
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
  for (const name of before) if (!names.includes(name) && name !== 'open') node.removeAttribute(name);
  given.set(node, names);
  patchChildren(node, children);
}
