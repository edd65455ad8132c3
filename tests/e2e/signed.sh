# shellcheck shell=bash
# signed.sh - signed zones, who validates them, and a web server with a policy: sourced by run.sh, behind lab.sh.
#
#   lab_signed      a root of our own with zones below it, signed now, on NSD; unbound that validates them; a CA, and
#                   openssl's web server with a certificate of it
#   run_domains     what `quoth domain` says of each
#
#   secure.test     signed; TLSA of Postfix's key; policy of MTA-STS
#   insecure.test   not signed, and TLSA records all the same
#   bogus.test      signed, the DS record is of another key        expired.test    signed until 2020
#   stranger.test   signed; the certificate of its web server names others
# SPDX-License-Identifier: MIT

ZONES='secure insecure bogus expired stranger'

# A zone below test, as text.
signed_zone() {
    printf '%s.test. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\n' "$1"
    printf '%s.test. 300 IN NS ns.test.\n%s.test. 300 IN MX 10 mx.%s.test.\n' "$1" "$1" "$1"
    printf '%s.test. 300 IN TXT "v=spf1 mx -all"\n_mta-sts.%s.test. 300 IN TXT "v=STSv1; id=1"\n' "$1" "$1"
    printf '_smtp._tls.%s.test. 300 IN TXT "v=TLSRPTv1; rua=mailto:a@%s.test"\n' "$1" "$1"
    printf 'mx.%s.test. 300 IN A %s.10\nmta-sts.%s.test. 300 IN A %s.58\n' "$1" "$NET" "$1" "$NET"
    printf '_25._tcp.mx.%s.test. 300 IN TLSA 3 1 1 %s\n' "$1" "$SPKI"
}

# ZONE FILE [OPTION...]: sign it with a new key; DS becomes its DS record.
signed_sign() {
    local zone=$1 file=$2 key
    shift 2
    key=$(cd "$LAB/signed" && "$(lab_find /usr/bin/ldns-keygen)" -a ECDSAP256SHA256 -k "$zone") || return
    (cd "$LAB/signed" && "$(lab_find /usr/bin/ldns-signzone)" -o "$zone" "$@" -f "$file.signed" "$file" "$key") || return
    DS=$(cat "$LAB/signed/$key.ds")
}

signed_zones() {
    local z of
    for z in $ZONES; do
        signed_zone "$z" > "$LAB/signed/$z"
        of=()
        [ "$z" != expired ] || of=(-i 20200101000000 -e 20200201000000)
        if [ "$z" = insecure ]; then cp "$LAB/signed/$z" "$LAB/signed/$z.signed"
        else signed_sign "$z.test" "$z" "${of[@]}" || return; fi
        [ "$z" != bogus ] || DS="bogus.test. 300 IN DS 4711 13 2 $(printf '0%.0s' {1..64})"
        printf '%s.test. 300 IN NS ns.test.\n' "$z"
        [ "$z" = insecure ] || echo "$DS"
    done > "$LAB/signed/below"
    { printf 'test. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\ntest. 300 IN NS ns.test.\nns.test. 300 IN A %s.57\n' \
        "$NET"; cat "$LAB/signed/below"; } > "$LAB/signed/test"
    signed_sign test test || return
    printf '. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\n. 300 IN NS ns.test.\ntest. 300 IN NS ns.test.\n%s\n%s\n' \
        "ns.test. 300 IN A $NET.57" "$DS" > "$LAB/signed/root"
    signed_sign . root || return
    echo "$DS" > "$LAB/signed/anchor"
    printf '. 300 IN NS ns.test.\nns.test. 300 IN A %s.57\n' "$NET" > "$LAB/signed/hints"
}

signed_nsd() {
    local z
    printf 'server:\n ip-address: %s.57\n username: ""\n chroot: ""\n zonesdir: "%s"\n pidfile: ""\n do-ip6: no\n' \
        "$NET" "$LAB/signed"
    printf ' server-count: 1\n database: ""\n xfrdfile: "%s/xfrd"\n zonelistfile: "%s/list"\n' "$LAB/signed" "$LAB/signed"
    printf 'remote-control:\n control-enable: no\nzone:\n name: "."\n zonefile: root.signed\n'
    for z in test $ZONES; do
        [ "$z" = test ] || z=$z.test
        printf 'zone:\n name: "%s"\n zonefile: "%s.signed"\n' "$z" "${z%.test}"
    done
}

# A CA, and a certificate of it for the web server.
signed_web() {
    cd "$LAB/signed" || return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=a CA of the lab' \
        -keyout ca.key -out ca.pem &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=web -keyout web.key -out web.csr &&
        printf 'subjectAltName=DNS:mta-sts.secure.test,DNS:mta-sts.insecure.test\n' > web.ext &&
        openssl x509 -req -in web.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile web.ext -out web.pem || return
    mkdir -p web/.well-known
    printf 'version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\nmx: *.secure.test\r\nmx: *.insecure.test\r\n' \
        > web/.well-known/mta-sts.txt
}

lab_signed() {
    [ "$DNSPORT" = 53 ] || { LAB_WHY[nsd]='name servers are asked at port 53, which this user may not have'; return; }
    [ -n "$(lab_find /usr/bin/ldns-signzone)" ] || { LAB_WHY[nsd]='ldns-signzone not found'; return; }
    mkdir -p "$LAB/signed"
    SPKI=$(openssl x509 -in "$LAB/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
    LD_LIBRARY_PATH=$LIBS signed_zones > "$LAB/log/sign" 2>&1 ||
        { LAB_WHY[nsd]="signing: $(tail -n 1 "$LAB/log/sign")"; return; }
    (signed_web) > "$LAB/log/web-ca" 2>&1 || { LAB_WHY[web]="$(tail -n 1 "$LAB/log/web-ca")"; return; }
    signed_nsd > "$LAB/signed/nsd.conf"
    lab_write unbound-signed.conf "$LAB/signed/unbound.conf"
    lab_start nsd "$NET.57" 53 "$(lab_find /usr/sbin/nsd)" -d -c "$LAB/signed/nsd.conf"
    lab_start validator "$NET.56" 53 "$(lab_find /usr/sbin/unbound)" -d -p -c "$LAB/signed/unbound.conf"
    lab_start web "$NET.58" 443 sh -c "cd '$LAB/signed/web' && exec openssl s_server -quiet -WWW -accept $NET.58:443 \
        -cert ../web.pem -key ../web.key"
}

# NAME DOMAIN EXPRESSION [OPTION...]: what jq must find true of the report.
domain_fact() {
    local domain=$1 expression=$2 out
    shift 2
    out=$(env -i HOME=/nowhere timeout 300 "$QUOTH" domain --nameserver "$NET.56:53" --trust-ad yes --allow "$NET.0/24" \
        --ca-file "$LAB/signed/ca.pem" --format json "$@" "$domain" 2> "$LAB/log/stderr")
    printf '%s\t%s\n' "$domain" "$out" >> "$LAB/log/domains"
    [ "$(jq "([.findings[].id] | map(select(test(\"^(dnssec|dane|sts)\")))) as \$ids | $expression" <<< "$out" 2>&1)" = true ] ||
        echo "not so of $domain: $expression: $(jq -c '[.findings[].id, .dnssec, .mta_sts_policy]' <<< "$out") $(
            tail -n 1 "$LAB/log/stderr")"
}

run_domains() {
    local all=nsd,validator,postfix,web,tls,policy
    [ $# = 0 ] || [[ " $* " == *' domain '* ]] || return 0
    log_fact domain-secure $all domain_fact secure.test '.dnssec.state == "secure" and .mx.hosts[0].secure and
        .mx.hosts[0].tlsas == 1 and .mta_sts_policy.fetched == "done" and .mta_sts_policy.mode == "enforce" and
        .mta_sts_policy.mx == ["mx.secure.test"] and $ids == ["sts.mx_unused"]'
    log_fact domain-tlsa $all domain_fact secure.test ".mx.hosts[0].tlsa == [\"3 1 1 ${SPKI-}\"]"
    log_fact domain-untrusted $all domain_fact secure.test '.dnssec.state == "signed" and .mx.hosts[0].secure == null and
        ($ids | index("dane.untrusted"))!= null' --trust-ad no
    log_fact domain-insecure $all domain_fact insecure.test '.dnssec.state == "unsigned" and
        .mta_sts_policy.fetched == "done" and $ids == ["dane.insecure", "sts.mx_unused"]'
    log_fact domain-bogus $all domain_fact bogus.test '.dnssec.state == "bogus" and $ids[0] == "dnssec.bogus"'
    log_fact domain-expired $all domain_fact expired.test '.dnssec.state == "bogus" and $ids[0] == "dnssec.bogus"'
    log_fact domain-stranger $all domain_fact stranger.test '.dnssec.state == "secure" and
        .mta_sts_policy.fetched == "certificate" and $ids == ["sts.cert"]'
    log_fact domain-untrusted-web $all domain_fact secure.test '.mta_sts_policy.fetched == "certificate"' \
        --ca-file "$LAB/cert.pem"
}
