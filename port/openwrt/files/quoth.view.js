// quoth.view.js - LuCI, Services > quoth: is it running, who is it, and where is its page? All else is on that page.
//
// What comes from elsewhere (a name, an address) is put into arrays of children: LuCI makes text of a string in an array,
// and HTML of one that stands alone.
// SPDX-License-Identifier: MIT
'use strict';
'require view';
'require rpc';

const ask = rpc.declare({ object: 'quoth', method: 'status' });

// Where a browser finds the page; '' when the service listens for this router alone.
function address(listen) {
	const at = /^(\[[0-9a-f:.]+\]|[0-9.]+):([0-9]+)$/.exec(listen);

	if (!at || at[1] === '[::1]' || /^127\./.test(at[1]))
		return '';
	return 'http://%s:%s/'.format(at[1] === '0.0.0.0' || at[1] === '[::]' ? window.location.hostname : at[1], at[2]);
}

function page(listen) {
	const href = address(listen);

	return href ? E('a', { href: href, target: '_blank', rel: 'noreferrer' }, [ href ])
		: E('span', {}, [ _('for this router alone: ssh -L 8025:%s root@%s, then http://localhost:8025/')
			.format(listen, window.location.hostname) ]);
}

function rows(status) {
	const self = status.self || {};
	const port = (self.port_25 || {}).open;
	const state = status.self ? _('running') : status.enabled ? _('enabled, but it does not answer') : _('not enabled');

	return [
		[ _('Service'), state ],
		[ _('Version'), self.version ],
		[ _('Name in EHLO'), self.helo ],
		[ _('Sender'), self.from ],
		[ _('Mail servers can be called'), port === true ? _('yes') : port === false ? _('no: port 25 is closed') : null ],
		[ _('Mail servers left alone for now'), self.held ],
		[ _('Page'), status.self ? page(status.listen) : null ],
		[ _('Fault'), status.error ],
	].filter((row) => row[1] != null);
}

return view.extend({
	load: () => ask(),
	render: (status) => E('div', {}, [
		E('h2', {}, [ 'quoth' ]),
		E('table', { class: 'table' }, rows(status || {}).map((row) => E('tr', { class: 'tr' }, [
			E('td', { class: 'td left', width: '33%' }, [ row[0] ]),
			E('td', { class: 'td left' }, [ row[1] ]),
		]))),
	]),
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,
});
