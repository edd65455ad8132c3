// haraka.js - plugins/quoth.js of Haraka: recipients are asked about at `quoth serve --gate`, by its socketmap.
//
//   quoth serve --gate unix:/run/quoth/gate --route acme.example=mail.inner.example
//   config/quoth.ini:   socket=/run/quoth/gate       or host= and port=
//   config/plugins:     quoth                        before rcpt_to.in_host_list or what else takes recipients
//
// Only a proven no is refused. When quoth is away, or closes without an answer, the recipient goes on.
// SPDX-License-Identifier: MIT
'use strict';

const net = require('net');

const WAIT_MS = 10000; // above --gate-time

// The answer to one question, without its frame; '' when there is none.
function ask(where, text, done) {
    const question = Buffer.from(text);
    let answer = '';
    let over = false;
    const end = (words) => {
        if (over) return;
        over = true;
        socket.destroy();
        done(words);
    };
    const socket = net.connect(where);
    socket.setEncoding('latin1');
    socket.setTimeout(WAIT_MS, () => end(''));
    socket.on('error', () => end(''));
    socket.on('close', () => end(''));
    socket.on('data', (more) => {
        answer += more;
        const frame = /^(\d{1,4}):/.exec(answer);
        if (answer.length > 1100 || (!frame && answer.length > 5)) return end('');
        if (frame && answer.length > frame[0].length + Number(frame[1]))
            end(answer.substr(frame[0].length, Number(frame[1])));
    });
    socket.write(Buffer.concat([Buffer.from(`${question.length}:`), question, Buffer.from(',')]));
}

exports.ask = ask;

exports.register = function () {
    const main = this.config.get('quoth.ini').main;
    this.where = main.host ? { host: main.host, port: Number(main.port) } : { path: main.socket || '/run/quoth/gate' };
};

exports.hook_rcpt = function (next, connection, params) {
    ask(this.where, `access ${params[0].address()}`, (answer) => {
        const no = /^OK (5\d\d) (\d\.\d\.\d+) ([^\r\n]*)$/.exec(answer);
        const later = /^OK DEFER_IF_PERMIT \d\.\d\.\d+ ([^\r\n]*)$/.exec(answer);
        if (no) return next(DENY, `${no[2]} ${no[3]}`);
        if (later) return next(DENYSOFT, later[1]);
        next(); // good, or none of ours
    });
};
