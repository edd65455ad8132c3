// luci.js - node luci.js VIEW.js < status: the view's page as text, with what LuCI gives it. A child that LuCI would take
// for HTML ends it, and so does a link that is none of http.
// SPDX-License-Identifier: MIT
'use strict';
const fs = require('fs');

function E(tag, attributes, children) {
    if (!Array.isArray(children)) throw new Error(`${tag}: a child that is no array is HTML`);
    if (Object.keys(attributes).some((name) => /^on/.test(name))) throw new Error(`${tag}: ${name}`);
    if (attributes.href && !/^http:\/\//.test(attributes.href)) throw new Error(attributes.href);
    return { tag, attributes, children };
}
function text(node) {
    if (node === null || typeof node !== 'object') return String(node);
    return node.children.map(text).join(node.tag === 'tr' ? ': ' : '') +
        (node.attributes.href ? ` <${node.attributes.href}>` : '') + (node.tag === 'tr' || node.tag === 'h2' ? '\n' : '');
}
String.prototype.format = function (...values) { return this.replace(/%s/g, () => values.shift()); };

const status = JSON.parse(fs.readFileSync(0, 'utf8'));
const asked = [];
const view = { extend: (it) => it };
const rpc = { declare: (what) => () => { asked.push(`${what.object}.${what.method}`); return status; } };
const body = new Function('view', 'rpc', 'E', '_', 'window', fs.readFileSync(process.argv[2], 'utf8'));
const page = body(view, rpc, E, (words) => words, { location: { hostname: 'router.lan' } });
process.stdout.write(text(page.render(page.load())));
process.stdout.write(`asked: ${asked.join(' ')}\n`);
