# shellcheck shell=bash
# signed.sh - signed zones, who validates them, and a web server with a policy: sourced by run.sh,
# behind lab.sh.
#
#   lab_signed      a root of our own with zones below it, signed now, on NSD; unbound that
#   validates them; a CA, and
#                   openssl's web server with a certificate of it
#   run_domains     what `quoth domain` says of each
#
#   secure.test     signed; TLSA of Postfix's key; policy of MTA-STS
#   insecure.test   not signed, and TLSA records all the same
#   bogus.test      signed, the DS record is of another key        expired.test    signed until 2020
#   stranger.test   signed; the certificate of its web server names others
#   stale.test      its TLSA record is of another key               anchor.test     its TLSA record
#   is of the CA (2 1 1)
#   other.test      likewise, but the certificate names it not      match1.test ... other kinds of
#   TLSA records that match
# SPDX-License-Identifier: MIT

ZONES='secure insecure bogus expired stranger stale anchor other match1 match2 match3 match4'

# A zone below test, as text.
signed_zone() {
    printf '%s.test. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\n' "$1"
    printf '%s.test. 300 IN NS ns.test.\n%s.test. 300 IN MX 10 mx.%s.test.\n' "$1" "$1" "$1"
    printf '%s.test. 300 IN TXT "v=spf1 mx -all"\n_mta-sts.%s.test. 300 IN TXT "v=STSv1; id=1"\n' \
        "$1" "$1"
    printf '_smtp._tls.%s.test. 300 IN TXT "v=TLSRPTv1; rua=mailto:a@%s.test"\n' "$1" "$1"
    printf 'mx.%s.test. 300 IN A %s.10\nmta-sts.%s.test. 300 IN A %s.58\n' "$1" "$NET" "$1" "$NET"
    printf '_25._tcp.mx.%s.test. 300 IN TLSA %s\n' "$1" "$(signed_tlsa "$1")"
}

# The TLSA record of a zone. Those of match1 ... are all there are for usage 3.
signed_tlsa() {
    local der="openssl x509 -in $LAB/mx.pem -outform DER"
    local spki="openssl x509 -in $LAB/mx.pem -noout -pubkey"
    case $1 in
    stale)          echo "3 1 1 $CAKEY" ;;
    anchor | other) echo "2 1 1 $CAKEY" ;;      # other: a name that is not in the certificate
    match1)         echo "3 0 1 $($der | sha256sum | cut -d' ' -f1)" ;;
    match2)         echo "3 0 2 $($der | sha512sum | cut -d' ' -f1)" ;;
    match3)         echo "3 1 2 $($spki | openssl pkey -pubin -outform DER | sha512sum \
        | cut -d' ' -f1)" ;;
    match4)         echo "3 1 0 $($spki | openssl pkey -pubin -outform DER | od -An -v -tx1 \
        | tr -d ' \n')" ;;
    *)              echo "3 1 1 $SPKI" ;;
    esac
}

signed_key() {
    openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum \
        | cut -d' ' -f1
}

# ZONE FILE [OPTION...]: sign it with a new key; DS becomes its DS record.
signed_sign() {
    local zone=$1 file=$2 key
    shift 2
    key=$(cd "$LAB/signed" && "$(lab_find /usr/bin/ldns-keygen)" -a ECDSAP256SHA256 -k "$zone") \
        || return
    (cd "$LAB/signed" && "$(lab_find /usr/bin/ldns-signzone)" -o "$zone" "$@" \
        -f "$file.signed" "$file" "$key") || return
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
    { printf \
        'test. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\ntest. 300 IN NS '\
'ns.test.\nns.test. 300 IN A %s.57\n' \
        "$NET"; cat "$LAB/signed/below"; } > "$LAB/signed/test"
    signed_sign test test || return
    printf \
        '. 300 IN SOA ns.test. root.test. 1 3600 600 86400 300\n. 300 IN NS ns.test.\ntest. 300 '\
'IN NS ns.test.\n%s\n%s\n' \
        "ns.test. 300 IN A $NET.57" "$DS" > "$LAB/signed/root"
    signed_sign . root || return
    echo "$DS" > "$LAB/signed/anchor"
    printf '. 300 IN NS ns.test.\nns.test. 300 IN A %s.57\n' "$NET" > "$LAB/signed/hints"
}

signed_nsd() {
    local z
    printf \
        'server:\n ip-address: %s.57\n username: ""\n chroot: ""\n zonesdir: "%s"\n pidfile: ""\n '\
'do-ip6: no\n' \
        "$NET" "$LAB/signed"
    printf ' server-count: 1\n database: ""\n xfrdfile: "%s/xfrd"\n zonelistfile: "%s/list"\n' \
        "$LAB/signed" "$LAB/signed"
    printf 'remote-control:\n control-enable: no\nzone:\n name: "."\n zonefile: root.signed\n'
    for z in test $ZONES; do
        [ "$z" = test ] || z=$z.test
        printf 'zone:\n name: "%s"\n zonefile: "%s.signed"\n' "$z" "${z%.test}"
    done
}

# What the web server serves, and its certificate.
signed_web() {
    lab_issue web DNS:mta-sts.secure.test,DNS:mta-sts.insecure.test,DNS:mta-sts.stale.test || return
    mkdir -p "$LAB/signed/web/.well-known"
    printf \
        'version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\nmx: *.secure.test\r\nmx: '\
'*.insecure.test\r\nmx: *.stale.test\r\n' \
        > "$LAB/signed/web/.well-known/mta-sts.txt"
}

lab_signed() {
    [ "$DNSPORT" = 53 ] || {
        LAB_WHY[nsd]='name servers are asked at port 53, which this user may not have'
        return
    }
    [ -n "$(lab_find /usr/bin/ldns-signzone)" ] || {
        LAB_WHY[nsd]='ldns-signzone not found'
        return
    }
    mkdir -p "$LAB/signed" && lab_issue other DNS:other.test > "$LAB/log/other" 2>&1
    SPKI=$(signed_key "$LAB/mx.pem") CAKEY=$(signed_key "$LAB/ca.pem")
    LD_LIBRARY_PATH=$LIBS signed_zones > "$LAB/log/sign" 2>&1 ||
        { LAB_WHY[nsd]="signing: $(tail -n 1 "$LAB/log/sign")"; return; }
    signed_web > "$LAB/log/web-ca" 2>&1 || {
        LAB_WHY[web]="$(tail -n 1 "$LAB/log/web-ca")"
        return
    }
    signed_nsd > "$LAB/signed/nsd.conf"
    lab_write unbound-signed.conf "$LAB/signed/unbound.conf"
    lab_start nsd "$NET.57" 53 "$(lab_find /usr/sbin/nsd)" -d -c "$LAB/signed/nsd.conf"
    lab_start validator "$NET.56" 53 "$(lab_find /usr/sbin/unbound)" -d -p \
        -c "$LAB/signed/unbound.conf"
    lab_start web "$NET.58" 443 sh -c \
        "cd '$LAB/signed/web' && exec openssl s_server -quiet -WWW -accept $NET.58:443 \
        -cert $LAB/web.pem -key $LAB/web.key"
}

# NAME DOMAIN EXPRESSION [OPTION...]: what jq must find true of the report.
domain_fact() {
    local domain=$1 expression=$2 out
    shift 2
    out=$(env -i HOME=/nowhere timeout 300 "$QUOTH" domain --nameserver "$NET.56:53" \
        --trust-ad yes --allow "$NET.0/24" \
        --ca-file "$LAB/ca.pem" --helo probe.quoth.test --format json "$@" "$domain" \
        2> "$LAB/log/stderr")
    printf '%s\t%s\n' "$domain" "$out" >> "$LAB/log/domains"
    [ "$(jq \
        "([.findings[].id] | map(select(test(\"^(dnssec|dane|sts)\")))) as \$ids | $expression" \
        <<< "$out" 2>&1)" = true ] ||
        echo "not so of $domain: $expression: $(jq -c '[.findings[].id, .dnssec, .mta_sts_policy]' \
            <<< "$out") $(
            tail -n 1 "$LAB/log/stderr")"
}

run_domains() {
    local z all=nsd,validator,postfix,web,tls,policy
    [ $# = 0 ] || [[ " $* " == *' domain '* ]] || return 0
    log_fact domain-secure $all domain_fact secure.test \
        '.dnssec.state == "secure" and .mx.hosts[0].secure and
        .mx.hosts[0].tlsas == 1 and .mta_sts_policy.fetched == "done" and
        .mta_sts_policy.mode == "enforce" and
        .mta_sts_policy.mx == ["mx.secure.test"] and $ids == ["sts.mx_unused"]'
    log_fact domain-tlsa $all domain_fact secure.test ".mx.hosts[0].tlsa == [\"3 1 1 ${SPKI-}\"]"
    log_fact domain-untrusted $all domain_fact secure.test \
        '.dnssec.state == "signed" and .mx.hosts[0].secure == null and
        ($ids | index("dane.untrusted"))!= null' --trust-ad no
    log_fact domain-insecure $all domain_fact insecure.test '.dnssec.state == "unsigned" and
        .mta_sts_policy.fetched == "done" and $ids == ["dane.insecure", "sts.mx_unused"]'
    log_fact domain-bogus $all domain_fact bogus.test \
        '.dnssec.state == "bogus" and $ids[0] == "dnssec.bogus"'
    log_fact domain-expired $all domain_fact expired.test \
        '.dnssec.state == "bogus" and $ids[0] == "dnssec.bogus"'
    log_fact domain-stranger $all domain_fact stranger.test '.dnssec.state == "secure" and
        .mta_sts_policy.fetched == "certificate" and $ids == ["sts.cert"]'
    log_fact domain-untrusted-web $all domain_fact secure.test \
        '.mta_sts_policy.fetched == "certificate"' \
        --ca-file "$LAB/other.pem"
    log_fact domain-deep $all domain_fact secure.test \
        '.mx.hosts[0].talk == "tls" and .mx.hosts[0].matches == "yes" and
        $ids == ["sts.mx_unused"]' --deep
    log_fact domain-stale $all domain_fact stale.test \
        '$ids[0:2] == ["sts.mx_cert", "dane.mismatch"] and
        ([.findings[] | select(.id == "dane.mismatch").fix]
            == ["_25._tcp.mx.stale.test. TLSA 3 1 1 '"${SPKI-}"'"])' \
            --deep
    log_fact domain-anchor $all domain_fact anchor.test '.mx.hosts[0].matches == "yes"' --deep
    log_fact domain-other-name $all domain_fact other.test '.mx.hosts[0].matches == "no"' --deep
    for z in 1 2 3 4; do
        log_fact domain-match$z $all domain_fact match$z.test '.mx.hosts[0].matches == "yes"' --deep
    done
}
