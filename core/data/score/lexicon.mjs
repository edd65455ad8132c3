// lexicon.mjs DIR - first and last names by language, from the packages unpacked in DIR, as lines
//
//     LANGUAGE <TAB> train|fit|test <TAB> F|L <TAB> NAME      in a-z alone
//
// `train` makes the table, `fit` sets the two numbers of its scale, `test` is looked at by score-eval and by nobody
// else: no language of one group is in another.
//
// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const dir = process.argv[2];
const special = { ß: 'ss', æ: 'ae', ø: 'o', đ: 'd', ł: 'l', ı: 'i', þ: 'th', ð: 'd', œ: 'oe', ə: 'a' };
const fold = (name) =>
    name.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '')
        .replace(/[^a-z]/g, (c) => special[c] ?? (/[\s'’ʻʼ`.-]/.test(c) ? '' : '?'));

function print(language, group, kind, names) {
    const folded = new Set(names.map(fold).filter((n) => /^[a-z]{2,20}$/.test(n)));
    for (const name of [...folded].sort()) console.log([language, group, kind, name].join('\t'));
}

for (const language of ['en', 'de', 'fr', 'es-es', 'it', 'pl', 'nl-be', 'pt-br', 'ja']) {
    const src = `${dir}/@zxcvbn-ts/language-${language}/src`;
    for (const file of readdirSync(src).filter((f) => /names\.json$/i.test(f)).sort()) {
        const names = JSON.parse(readFileSync(`${src}/${file}`, 'utf8'));
        print(language, 'train', /last/i.test(file) ? 'L' : 'F', names.slice(0, 20000));
    }
}

const { allLocales } = await import(pathToFileURL(`${dir}/@faker-js/faker/dist/index.js`));
const groups = {
    train: ['sk', 'sl_SI', 'hr'],
    fit: ['tr', 'hu', 'cs_CZ', 'id_ID', 'vi'],
    test: ['ro', 'fi', 'sv', 'da', 'nb_NO', 'lv', 'az', 'uz_UZ_latin', 'zu_ZA', 'en_GH'],
};
for (const [group, languages] of Object.entries(groups))
    for (const language of languages) {
        const { first_name: first, last_name: last } = allLocales[language].person;
        const all = (names) => Object.values(names ?? {}).flat().filter((n) => typeof n === 'string');
        print(language, group, 'F', all(first));
        print(language, group, 'L', all(last));
    }
