# shellcheck shell=bash
# lab.sh - the servers of the end-to-end tests: sourced by run.sh, inside the namespaces if there
# are any.
#
#   lab_up      writes the configurations, starts every server, waits until each one answers;
#               lab_begin and the functions it calls are there for a lab of fewer servers
#   lab_down    ends each by its pid
#
# Set by the caller: LAB (an empty directory of ours), ROOT (where fetch.sh unpacked), NET (three
# numbers, the prefix of all addresses), IP6 (or empty), DNSPORT, OWN_USERS (1: /etc/passwd is ours
# to cover). `lab_has NAME` says afterwards whether a server is up; if not, LAB_WHY[NAME] says why.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034 # read by run.sh
declare -A LAB_PID LAB_WHY
LAB_HERE=$(dirname "${BASH_SOURCE[0]}")

lab_has() { [ -n "${LAB_PID[$1]-}" ]; }
lab_mark() { LAB_PID[$1]=0; }       # it is up, and is no process

# Where servers listen, and where none does, in a network of ours.
lab_addresses() {
    local i
    for i in 1 {10..22} 30 {40..43} {52..54} {56..58} {60..81}; do
        ip address add "$NET.$i/32" dev lo || return 1
    done
}

# The program, unpacked or installed.
lab_find() {
    local p
    for p in "$ROOT$1" "$1"; do [ -x "$p" ] && echo "$p" && return; done
    return 1
}

# Servers that drop privileges need somebody to drop to: NAME USER.
lab_can_switch() {
    : > "$LAB/owner"
    chown "${2:-daemon}" "$LAB/owner" 2> /dev/null && return
    LAB_WHY[$1]="it must switch to user ${2:-daemon}, which this user may not"
    return 1
}

lab_write() {       # TEMPLATE FILE
    local v6='#'
    [ -z "$IP6" ] || v6=
    sed -e \
        "s|@LAB@|$LAB|g; s|@NET@|$NET|g; s|@IP6@|${IP6:-::1}|g; s|@SIX@|$v6|g; s|@DNSPORT@|"\
"$DNSPORT|g" \
        -e "s|@POSTFIX@|${POSTFIX-}|g; s|@NAME@|${name-}|g" "$LAB_HERE/$1" > "$2"
}

# Start a server in the background: NAME, its address and port, then the command. It is up once it
# takes a connection.
lab_start() {
    local name=$1 ip=$2 port=$3 i
    shift 3
    [ -n "$1" ] || { LAB_WHY[$name]='not found'; return; }
    LD_LIBRARY_PATH=$LIBS setpriv --pdeathsig TERM "$@" > "$LAB/log/$name.out" 2>&1 < /dev/null &
    LAB_PID[$name]=$!
    for i in {1..4000}; do      # two minutes: it hangs
        (: < "/dev/tcp/$ip/$port") 2> /dev/null && return
        kill -0 "${LAB_PID[$name]}" 2> /dev/null || break
        sleep 0.03
    done
    LAB_WHY[$name]="it did not start: $(tail -n 2 "$LAB/log/$name.out" "$LAB/log/$name" \
        2> /dev/null | tr '\n' ' ')"
    lab_stop "$name"
}

lab_stop() {
    local pid=${LAB_PID[$1]-} i
    unset "LAB_PID[$1]"
    [ "${pid:-0}" != 0 ] || return 0
    kill "$pid" 2> /dev/null
    for i in {1..300}; do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
}

lab_down() {
    local name
    for name in "${!LAB_PID[@]}"; do lab_stop "$name"; done
}

# NAME SUBJECT-ALT-NAMES: a key and a certificate of the lab's CA, which is made at the first call.
lab_issue() {
    local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    [ -s "$LAB/ca.pem" ] || openssl req -x509 "${ec[@]}" -days 2 -subj '/CN=a CA of the lab' \
        -keyout "$LAB/ca.key" -out "$LAB/ca.pem" || return
    echo "subjectAltName=$2" > "$LAB/$1.ext"
    openssl req "${ec[@]}" -subj "/CN=$1" -keyout "$LAB/$1.key" -out "$LAB/$1.csr" &&
        openssl x509 -req -in "$LAB/$1.csr" -CA "$LAB/ca.pem" -CAkey "$LAB/ca.key" -CAcreateserial \
            -days 2 \
            -extfile "$LAB/$1.ext" -out "$LAB/$1.pem"
}

lab_certificate() {
    lab_issue mx 'DNS:mx.test,DNS:mx-exim.test,DNS:mx.secure.test,DNS:mx.anchor.test' \
        > "$LAB/log/openssl" 2>&1 || return
    cat "$LAB/mx.pem" "$LAB/ca.pem" > "$LAB/cert.pem"
    mv "$LAB/mx.key" "$LAB/key.pem"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx-rsa.test \
        -addext subjectAltName=DNS:mx-rsa.test \
        -keyout "$LAB/rsa-key.pem" -out "$LAB/rsa-cert.pem" >> "$LAB/log/openssl" 2>&1
    chmod 600 "$LAB/key.pem" "$LAB/rsa-key.pem"
}

lab_dns() {
    local i
    lab_write zone.test "$LAB/zone.test"
    for i in {10..69}; do       # a set of exchanges that fits no datagram
        echo "manymx MX $i mx-$i-of-a-set-that-is-too-long-for-one-datagram"
    done | sed '1s/mx-.*/mx/' >> "$LAB/zone.test"
    lab_write unbound.conf "$LAB/unbound.conf"
    lab_write dnsmasq.conf "$LAB/dnsmasq.conf"
    lab_start unbound "$NET.53" "$DNSPORT" "$(lab_find /usr/sbin/unbound)" -d -p \
        -c "$LAB/unbound.conf"
    lab_start dnsmasq "$NET.54" "$DNSPORT" "$(lab_find /usr/sbin/dnsmasq)" -C "$LAB/dnsmasq.conf"
    lab_write nsd.conf "$LAB/nsd.conf"
    mkdir "$LAB/nsd"
    lab_start authonly "$NET.52" "$DNSPORT" "$(lab_find /usr/sbin/nsd)" -d -c "$LAB/nsd.conf"
    lab_boxes
}

# Boxes on the way to name servers, of firewall rules: only where the network is ours.
lab_boxes() {
    local nft
    LAB_WHY[boxes]='the network is not ours'
    [ "$OWN_USERS" = 1 ] || return
    LAB_WHY[boxes]='no nft here'
    nft=$(lab_find /usr/sbin/nft) || return
    lab_write boxes.nft "$LAB/boxes.nft"
    if LD_LIBRARY_PATH=$LIBS "$nft" -f "$LAB/boxes.nft" > "$LAB/log/boxes" 2>&1; then
        lab_mark boxes
    else
        LAB_WHY[boxes]=$(tail -n 1 "$LAB/log/boxes")
    fi
}

# One instance: NAME, its address, its main.cf and master.cf.
lab_postfix() {
    local name=$1 etc=$LAB/$1 master
    local theirs=(active bounce corrupt defer deferred flush hold incoming private saved trace)
    lab_can_switch "$name" || return
    master=$(lab_find /usr/lib/postfix/sbin/master) || return
    POSTFIX=$(dirname "$master")
    mkdir -p "$etc/data" "$etc/queue/pid"
    (cd "$etc/queue" && mkdir maildrop public "${theirs[@]}" \
        && chown daemon ../data "${theirs[@]}" &&
        chown daemon:games maildrop public)
    chmod 700 "$etc/data"
    lab_write postfix-place.cf "$etc/main.cf"
    lab_write "$3" "$etc/more.cf"
    cat "$etc/more.cf" >> "$etc/main.cf"
    lab_write "$4" "$etc/master.cf"
    cp "$LAB_HERE/postfix-access" "$etc/access"
    { cat "$LAB_HERE/postfix-mailboxes"; printf 'u%d@stock.test x\n' {1..1000}; } > "$etc/mailboxes"
    # it ends by itself when the longest suite has (TIME_MAX in firmware_test.sh)
    lab_start "$name" "$2" 25 env MAIL_CONFIG="$etc" "$master" -c "$etc" -d -e 2100
}

lab_exim() {
    lab_can_switch exim Debian-exim || return
    install -d -o Debian-exim "$LAB/exim"
    ln -s ../exim/mainlog "$LAB/log/exim"
    lab_write exim.conf "$LAB/exim.conf"
    install -o Debian-exim -m 600 "$LAB/key.pem" "$LAB/exim/key.pem"
    lab_start exim "$NET.20" 25 "$(lab_find /usr/sbin/exim4)" -C "$LAB/exim.conf" -bdf
}

lab_opensmtpd() {
    lab_can_switch opensmtpd opensmtpd || return
    [ "$OWN_USERS" = 1 ] || { LAB_WHY[opensmtpd]='it would need a /var/spool of its own'; return; }
    lab_write opensmtpd.conf "$LAB/opensmtpd.conf"
    ln -s opensmtpd.out "$LAB/log/opensmtpd"
    mkdir -p /var/lib/opensmtpd/empty
    mkdir -m 711 /var/spool/smtpd
    lab_start opensmtpd "$NET.30" 25 "$(lab_find /usr/sbin/smtpd)" -d -f "$LAB/opensmtpd.conf"
}

lab_sinks() {
    local octet options sink
    sink=$(lab_find /usr/sbin/smtp-sink) && lab_can_switch sink || return
    while read -r octet options; do
        case $octet in ''|'#'*) continue;; esac
        read -ra options <<< "$options"
        lab_start "sink$octet" "$NET.$octet" 25 "$sink" -u daemon \
            -v "${options[@]//\?/ }" "$NET.$octet:25" 10
    done < "$LAB_HERE/smtp-sink.txt"
}

# Accounts the packages would have made, in a copy that only our mount namespace sees.
lab_users() {
    [ "$OWN_USERS" = 1 ] || return 0
    grep -v -e '^Debian-exim:' -e '^opensmtp' /etc/passwd > "$LAB/passwd"
    grep -v -e '^Debian-exim:' -e '^opensmtp' /etc/group > "$LAB/group"
    printf '%s:x:%d:%d::%s:/usr/sbin/nologin\n' Debian-exim 9101 9101 / opensmtpd 9102 9102 \
        /var/lib/opensmtpd/empty \
        opensmtpq 9103 9103 /var/lib/opensmtpd/empty >> "$LAB/passwd"
    printf '%s:x:%d:\n' Debian-exim 9101 opensmtpd 9102 opensmtpq 9103 >> "$LAB/group"
    chmod 644 "$LAB/passwd" "$LAB/group"
    mount --bind "$LAB/passwd" /etc/passwd && mount --bind "$LAB/group" /etc/group &&
        mount -t tmpfs tmpfs /var/spool && mount -t tmpfs tmpfs /var/lib \
            && mount -t tmpfs tmpfs /run
}

# What every server needs.
lab_begin() {
    LIBS=$(printf '%s:' "$ROOT"/usr/lib/postfix "$ROOT"/usr/lib/*-linux-* "$ROOT"/lib/*-linux-*)
    mkdir -p "$LAB/log" && chmod 755 "$LAB" && lab_users && lab_certificate
}

lab_up() {
    lab_begin || return 1
    lab_dns
    lab_postfix postfix "$NET.10" postfix-main.cf postfix-master.cf
    lab_postfix stock "$NET.19" postfix-stock.cf postfix-stock-master.cf
    lab_exim
    lab_opensmtpd
    lab_sinks
    lab_signed
    return 0
}
