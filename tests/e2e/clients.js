// clients.js - what others wrote, against `quoth serve`: clients of Reacher, Kickbox and ZeroBounce, and one that is made
// from the document of the API. PORT is the first argument; each is to get the results of the sandbox.
//
// SPDX-License-Identifier: MIT
"use strict";
const assert = require("node:assert");
const base = "http://127.0.0.1:" + process.argv[2], token = "0123456789abcdef";
const cases = {
    async reacher() {
        const {checkSingle} = require("@reacherhq/api");
        const want = {"jane@good.test": "safe", "x@nosuch.test": "invalid", "full@good.test": "risky", "a@@b": "invalid"};
        for (const [to_email, is_reachable] of Object.entries(want))
            for (const version of ["v0", "v1"]) {
                const got = await checkSingle({to_email}, {backendUrl: `${base}/${version}/check_email`, apiToken: token});
                assert.equal(got.is_reachable, is_reachable, to_email);
            }
        await assert.rejects(checkSingle({to_email: "a@b"}, {backendUrl: base + "/v0/check_email", apiToken: "wrong"}));
    },
    async kickbox() {
        const verify = (address, key = token) => new Promise((got, failed) => require("kickbox").client(key, {base}).kickbox()
            .verify(address, (error, answer) => error ? failed(error) : got(answer)));
        const want = {"jane@good.test": "deliverable", "nobody@good.test": "undeliverable", "any@catchall.test": "risky"};
        for (const [address, result] of Object.entries(want))
            assert.equal((await verify(address)).body.result, result, address);
        await assert.rejects(verify("jane@good.test", "wrong"));
    },
    async zerobounce() {
        const Sdk = require("@zerobounce/zero-bounce-sdk"), client = new (Sdk.ZeroBounceSDK || Sdk.default || Sdk)();
        client.init(token, base + "/v2");
        const want = {"jane@good.test": "valid", "nobody@good.test": "invalid", "any@catchall.test": "catch-all"};
        for (const [address, status] of Object.entries(want))
            assert.equal((await client.validateEmail(address)).status, status, address);
    },
    async openapi() {
        const {default: create} = await import("openapi-fetch");
        const client = create({baseUrl: base, headers: {Authorization: "Bearer " + token}});
        const one = await client.POST("/api/v1/checks", {body: {address: "jane@good.test", wait_s: 60}});
        assert.equal(one.data.verdict, "deliverable");
        const domain = await client.GET("/api/v1/domains/{domain}", {params: {path: {domain: "good.test"}, query: {wait_s: 60}}});
        assert.equal(domain.data.domain, "good.test");
        const wrong = await client.POST("/api/v1/checks", {body: {adress: "x"}});
        assert.equal(wrong.error.type, "urn:quoth:problem:bad-member");
        assert.equal((await client.GET("/version")).response.status, 200);
    }
};

(async () => {
    let failed = 0;
    for (const [name, run] of Object.entries(cases))
        await run().then(() => console.log("passed", name), error => {
            failed++;
            console.log("FAILED", name, String(error && error.message || error).slice(0, 400));
        });
    process.exit(failed);
})();
