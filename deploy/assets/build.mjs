// Makes src/openhalo_design/assets/vendor: the US Web Design System cut down to what our pages use, and
// Public Sans cut down to Latin letters. Run by `make assets` after a template began to use another `usa-` class.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postcss from 'postcss';
import { PurgeCSS } from 'purgecss';
import subsetFont from 'subset-font';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '../../src');
const design = join(source, 'openhalo_design');
const vendor = join(design, 'assets/vendor');
const uswds = join(here, 'node_modules/@uswds/uswds');

// Colours of the system's theme become those of the page, so that light, dark and paper need no second set of rules.
const COLOURS = {
  '#fff': '--paper', white: '--paper', '#1b1b1b': '--ink', black: '--ink', '#000': '--ink', '#171717': '--ink',
  '#565c65': '--ink-soft', '#71767a': '--ink-soft', '#3d4551': '--ink-soft', '#757575': '--ink-soft',
  '#2e2e2e': '--ink', '#454545': '--ink-soft', '#5d5d52': '--ink-soft', '#919191': '--ink-soft',
  '#dfe1e2': '--rule', '#a9aeb1': '--rule', '#c9c9c9': '--rule', '#adadad': '--rule', '#c6cace': '--rule',
  '#dcdee0': '--rule', '#e6e6e6': '--tint', '#f0f0f0': '--tint', '#edeff0': '--tint', '#e7f6f8': '--tint',
  '#d9e8f6': '--tint', '#97d4ea': '--tint', '#ecf3ec': '--tint', '#faf3d1': '--tint', '#f4e3db': '--tint', '#f3f3f3': '--tint',
  '#005ea2': '--accent', '#1a4480': '--accent', '#162e51': '--accent', '#54278f': '--accent',
  '#2491ff': '--accent', '#00bde3': '--accent', '#99deea': '--accent', '#00a91c': '--accent',
  '#ffbe2e': '--accent', '#d54309': '--accent', '#b50909': '--accent', '#9c3d10': '--accent', '#73b3e7': '--accent',
  '#2e6276': '--accent', '#009ec1': '--accent', '#0b4778': '--accent', '#07648d': '--accent',
};
const ON_ACCENT = /usa-(button|skipnav|process-list)/; // white letters on the accent stay paper on the accent

// The system writes left and right; pages in Arabic or Somali in Arabic letters need start and end.
const LOGICAL = {
  left: 'inset-inline-start', right: 'inset-inline-end', 'margin-left': 'margin-inline-start',
  'margin-right': 'margin-inline-end', 'padding-left': 'padding-inline-start', 'padding-right': 'padding-inline-end',
  'border-left': 'border-inline-start', 'border-right': 'border-inline-end',
  'border-left-width': 'border-inline-start-width', 'border-right-width': 'border-inline-end-width',
  'border-left-color': 'border-inline-start-color', 'border-right-color': 'border-inline-end-color',
  'border-left-style': 'border-inline-start-style', 'border-right-style': 'border-inline-end-style',
  'border-top-left-radius': 'border-start-start-radius', 'border-top-right-radius': 'border-start-end-radius',
  'border-bottom-left-radius': 'border-end-start-radius', 'border-bottom-right-radius': 'border-end-end-radius',
};
const SIDES = { left: 'start', right: 'end' };

function turn(declaration) {
  const { prop, value } = declaration;
  if (LOGICAL[prop]) declaration.prop = LOGICAL[prop];
  if (prop === 'text-align' && SIDES[value]) declaration.value = SIDES[value];
  if ((prop === 'float' || prop === 'clear') && SIDES[value]) declaration.value = `inline-${SIDES[value]}`;
  const sides = postcss.list.space(value);
  if (/^(margin|padding)$/.test(prop) && sides.length === 4 && sides[1] !== sides[3]) {
    declaration.cloneBefore({ prop: `${prop}-block`, value: `${sides[0]} ${sides[2]}` });
    declaration.replaceWith({ prop: `${prop}-inline`, value: `${sides[3]} ${sides[1]}` });
  }
}

function themed(css) {
  const root = postcss.parse(css), strange = new Set();
  root.walkComments((comment) => comment.remove());
  root.walkAtRules(/font-face|import|charset/, (rule) => rule.remove());
  root.walkDecls((declaration) => {
    declaration.important = false;
    if (declaration.value.includes('url(')) return declaration.remove();
    if (declaration.prop === 'font-family' || declaration.prop === 'font') {
      const mono = /mono/i.test(declaration.value) ? '--mono' : '--sans';
      declaration.value = declaration.value.replace(/(Source Sans|Merriweather|Public Sans|Roboto).*$/, `var(${mono})`);
    }
    const colour = /#[0-9a-f]{3,8}\b|\b(?:white|black)\b/gi;
    declaration.value = declaration.value.replace(colour, (found) => {
      const name = COLOURS[found.toLowerCase()];
      if (!name) strange.add(found);
      return name ? `var(${name})` : found;
    });
    turn(declaration);
  });
  root.walkRules((rule) => { if (rule.nodes.length === 0) rule.remove(); });
  root.walkAtRules('media', (rule) => { if (rule.nodes.length === 0) rule.remove(); });
  if (strange.size) throw new Error(`colours without a place among ours: ${[...strange].join(' ')}`);
  return root.toString();
}

// In a layer of its own the system gives way to every rule of site.css, whatever its selectors.
async function styles() {
  const [found] = await new PurgeCSS().purge({
    content: [`${source}/**/templates/**/*.html`, `${design}/assets/*.js`],
    css: [join(uswds, 'dist/css/uswds.min.css')],
    safelist: ['usa-sr-only', 'usa-select', 'usa-label', 'usa-button', 'usa-button--outline', 'usa-fieldset', 'usa-legend'],
    blocklist: [/\[aria-|^grid-|usa-form/],
    fontFace: true, keyframes: true, variables: true,
  });
  writeFileSync(join(vendor, 'uswds.css'), `/*! USWDS 3.14.0, cut down and re-coloured; see LICENSE-uswds.md */\n@layer uswds{${themed(found.css)}}\n`);
}

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, step) => String.fromCodePoint(first + step)).join('');
const LATIN = range(0x20, 0x7e) + range(0xa0, 0xff) + 'ıŒœˆ˜ –—‘’‚“”„†‡•…‰′″‹›⁄€™←↑→↓−≤≥≠×÷';
const LATIN_EXT = range(0x100, 0x130) + range(0x132, 0x151) + range(0x154, 0x2af) + range(0x1e00, 0x1eff) + 'ʻʼ₫₱₹';

async function fonts() {
  for (const [weight, name] of [[400, 'Regular'], [700, 'Bold']]) {
    const whole = readFileSync(join(uswds, `dist/fonts/public-sans/PublicSans-${name}.ttf`));
    for (const [script, letters] of [['latin', LATIN], ['latin-ext', LATIN_EXT]]) {
      const cut = await subsetFont(whole, letters, { targetFormat: 'woff2' });
      writeFileSync(join(vendor, `public-sans-${script}-${weight}.woff2`), cut);
    }
  }
}

mkdirSync(vendor, { recursive: true });
for (const name of readdirSync(vendor)) if (name.endsWith('.woff2')) rmSync(join(vendor, name));
await styles();
await fonts();
copyFileSync(join(uswds, 'LICENSE.md'), join(vendor, 'LICENSE-uswds.md'));
copyFileSync(join(here, 'node_modules/@fontsource/public-sans/LICENSE'), join(vendor, 'LICENSE-public-sans.txt'));
