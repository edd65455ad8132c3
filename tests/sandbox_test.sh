#!/bin/sh
# sandbox_test.sh - the sandbox itself, and the command against every row of its table.
#
#   1. options, listing, ports, how it ends
#   2. its DNS and SMTP, byte by byte (a few lines of perl, no parser of ours)
#   3. `quoth --sandbox` for each address: verdict and reason as the table says, and the sandbox,
#      which watches its clients, saw no offence
#
# QUOTH is the command to test. Every process is ended by its pid. The last line is
# "sandbox: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
QUOTH=${QUOTH:-build/quoth}
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
passed=0 failed=0 pid=
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
tab=$(printf '\t')

check() {       # NAME, then a command that must succeed
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $name"; fi
}
has() { grep -q -e "$1" "$2"; }
lacks() { ! grep -q -e "$1" "$2"; }
equal() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; false; }; }

up() {          # start one with these options on a free port
    : > "$dir/out"
    "$QUOTH" sandbox --port 0 "$@" > "$dir/out" 2> "$dir/err" &
    pid=$!
    until grep -q '^ready: ' "$dir/out"; do
        kill -0 "$pid" || { echo "the sandbox did not start"; cat "$dir/err"; break; }
        sleep 0.05
    done
    port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$dir/out")
}
down() {        # end it; its exit status in $status
    kill "$pid"
    wait "$pid"
    status=$?
    pid=
}
raw() { perl "$here/sandbox_raw.pl" "$port" "$@" < /dev/null; }
# DOMAIN LINES...: what was heard, one reply line a line
say() { raw smtp "$@" > "$dir/heard" 2>&1; }

# ---- 1. the command ---------------------------------------------------------------

status() { "$QUOTH" "$@" > "$dir/out" 2> "$dir/err"; echo $?; }
check 'a bad option exits 64' equal "$(status sandbox --prot 1)" 64
check 'and is named' has --prot "$dir/err"
check 'a bad port exits 64' equal "$(status sandbox --port 70000)" 64
check 'and is named' has 70000 "$dir/err"
check 'a missing value exits 64' equal "$(status sandbox --port)" 64
check 'an argument exits 64' equal "$(status sandbox jane@good.test)" 64
check 'a bad net exits 64' equal "$(status sandbox --net 300.1.1)" 64
check 'a bad format exits 64' equal "$(status sandbox --format xml)" 64
check 'help exits 0' equal "$(status sandbox --help)" 0
check 'help names every option' equal "$(grep -cE '^ +(-h, )?--' "$dir/out")" 10
check 'a certificate that cannot be written exits 73' \
    equal "$(status sandbox --ca "$dir/none/ca.pem" --port 0)" 73
check 'nobody else has this address: 69' equal "$(status sandbox --net 192.0.2 --port 0)" 69
check 'and it is named' has '192\.0\.2\.53' "$dir/err"

"$QUOTH" sandbox --list > "$dir/text"
"$QUOTH" sandbox --list --format tsv > "$dir/tsv"
"$QUOTH" sandbox --list --format json > "$dir/json"
rows=$(($(wc -l < "$dir/tsv") - 1))
check 'the table has a hundred rows' [ "$rows" -ge 100 ]
check 'as text too' equal "$(wc -l < "$dir/text")" $((rows + 1))
check 'as json too' equal "$(grep -c '^{"address":.*}$' "$dir/json")" "$rows"
check 'no address twice' equal "$(cut -f1 "$dir/tsv" | sort | uniq -d)" ''
for reason in accepted user_unknown mailbox_disabled mailbox_full recipient_restricted \
    recipient_rate_limited domain_not_accepted domain_not_found greylisted rate_limited \
    ip_blocked policy_rejected auth_required tls_required spam_or_content message_too_big \
    recipient_syntax server_temporary not_verifiable other role no_such_domain null_mx \
    no_mail_host mx_unresolvable dns_failure target_policy unreachable timeout tls_failed \
    protocol_error closed no_smtputf8 catch_all catch_all_not_established accepts_by_shape \
    backup_mx; do
    check "the table has $reason" has "$tab$reason$tab" "$dir/tsv"
done

up --quiet
check 'a second one on that port exits 69' equal \
    "$("$QUOTH" sandbox --port "$port" 2> "$dir/err"; echo $?)" 69
check 'and names address and port' has "127\.0\.25\.53 port $port" "$dir/err"
down
check 'SIGTERM ends it with 0' equal $status 0
"$QUOTH" sandbox --port 0 --quiet --for 1 > "$dir/out"
check '--for ends it by itself' equal $? 0
check 'quiet is one line' equal "$(wc -l < "$dir/out")" 1

# ---- `quoth domain`: a domain for each finding, and one with none ---------------------

up --ca "$dir/ca.pem"
ca=--ca-file=$dir/ca.pem
"$QUOTH" domain --sandbox="$port" "$ca" --all --format nagios good.test > "$dir/out" 2> "$dir/err"
check 'a domain with nothing wrong exits 0' equal "$?" 0
check 'and has no findings' has '^QUOTH OK - good.test |' "$dir/out"
# Findings about a policy need a build that fetches one.
"$QUOTH" domain --sandbox="$port" "$ca" good.test > "$dir/out"
check 'and its policy is fetched, or the build says that it does not' \
    has 'MTA-STS (policy: \(enforce\|not fetched in this build\))' "$dir/out"
fetches=$(grep -c 'policy: enforce' "$dir/out")
needs() {
    case $fetches$1 in
    0sts.no_record | 0sts.no_policy | 0sts.policy* | 0sts.private | 0sts.cert | 0sts.status \
        | 0sts.http | 0sts.type | \
    0sts.mx_* | 0sts.same_id | 0sts.short | 0sts.long | 0sts.mode_none | 0sts.unseen) echo : ;;
    *) echo check ;;
    esac
}
ids=$(awk '/^@ / { of = $2 } /^= / && of == "domain" && !/^= domain\./ { print $2 }' \
    "$here/../core/data/checks.txt")
for id in $ids; do
    name=$(echo "$id" | tr ._ --).test
    [ "$id" != dmarc.sub_ignored ] || name=a.$name
    case $id in
    dane.untrusted) trust=--trust-ad=no ;;
    sts.same_id) trust=--state=$dir/state; echo "$name 1 00000000000000ab" > "$dir/state" ;;
    mx.untalked | mx.no_name | sts.mx_cert | sts.mx_no_tls | dane.mismatch \
        | dane.no_tls) trust=--deep ;;
    *) trust= ;;
    esac
    "$QUOTH" domain --sandbox="$port" "$ca" --all --format nagios $trust "$name" > "$dir/out" \
        2> "$dir/err"
    $(needs "$id") "HR02 $name has $id" has "[:,] $(echo "$id" \
        | sed 's/[.]/[.]/g')\\( [0-9]*\\)*[, ]" "$dir/out"
done

# M07: two mailboxes, asked only when that was said, as any address is
"$QUOTH" domain --sandbox="$port" --explain good.test > "$dir/out" 2>&1
check 'M07 nobody is asked for a mailbox' eval '! grep -q "RCPT TO" "$dir/out"'
"$QUOTH" domain --sandbox="$port" --ask-postmaster --explain good.test > "$dir/out" 2>&1
check 'M07 a mailbox is no finding' equal "$?" 0
check 'M07 postmaster and abuse' equal "$(grep -c -e '-> RCPT TO:<postmaster@good.test>' \
    -e '-> RCPT TO:<abuse@good.test>' "$dir/out")" \
    "$(grep -c -e '-> RCPT TO' "$dir/out")"
check 'M07 what was said' has '550 5.1.1 <postmaster@good.test>: no such user here' "$dir/out"
"$QUOTH" domain --sandbox="$port" --ask-postmaster --format json good.test servfail.test shy.test \
    > "$dir/out" 2>&1
check 'M07 the exit code is of the domains' equal "$?" \
    "$("$QUOTH" domain --sandbox="$port" --quiet good.test servfail.test shy.test; echo $?)"
check 'M07 unknown stays unknown' equal "$(grep \
    -c '^{"input":"[a-z]*@\(servfail\|shy\).test","verdict":"unknown"' "$dir/out")" 4
check 'M07 two of each domain' equal "$(grep -c '^{"input":' "$dir/out")" 6
check 'M07 not where findings are counted' equal \
    "$(status domain --ask-postmaster --format prom good.test)" 64
check 'M07 it needs a name' equal "$(status domain --helo localhost.localdomain --ask-postmaster \
    good.test)" 64

# HR12: what was asked and heard, read again, is the same report; no server is there.
told() { sed 's/"from_file":\[[^]]*\],//; s/"ms":[0-9]*//' "$1"; }
for id in good nosuch servfail $ids; do
    name=$(echo "$id" | tr ._ --).test
    "$QUOTH" domain --sandbox="$port" --all --format json --save "$dir/zone" "$name" > "$dir/out" \
        2> "$dir/err"
    code=$?
    "$QUOTH" domain --sandbox=1 --all --format json --zone "$dir/zone" "$name" > "$dir/again" \
        2>> "$dir/err"
    check "HR12 $name replayed" equal "$? $(told "$dir/again")" "$code $(told "$dir/out")"
done
"$QUOTH" domain --sandbox="$port" --quiet --save "$dir/zone" nosuch.test
check 'HR12 the file has what was heard' has '^;= nosuch.test. MX nxdomain$' "$dir/zone"
printf ';= good.test. MX timeout\n;= good.test. TXT unreachable\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" good.test > "$dir/out" \
    2> "$dir/err"
check 'HR12 a silence is replayed without waiting for it' has '"id":"mx.unknown",.*timeout' \
    "$dir/out"
check 'HR12 and a server that cannot be reached' has '"id":"spf.unknown"' "$dir/out"

# HR11: what if this were published?
printf '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject; rua=mailto:a@spf-none.test"\n' \
    > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --all --zone "$dir/zone" spf-none.test > "$dir/out" 2> "$dir/err"
check 'HR11 a record of the file counts' equal "$(grep -c 'spf[.]none' "$dir/out")" 0
check 'HR11 and what is not in it is asked for' has 'seen: MX [0-9]' "$dir/out"
check 'HR11 the report says which it was' \
    has 'from the file of --zone, 2 answers: spf-none.test TXT, _dmarc' "$dir/out"
"$QUOTH" domain --sandbox="$port" --all --format json --explain --zone "$dir/zone" spf-none.test \
    > "$dir/out" 2> "$dir/err"
check 'HR11 in JSON too' has '"from_file":\[{"name":"spf-none.test","type":"TXT"},' "$dir/out"
check 'HR12 each question is told' has ' -> TXT _dmarc.spf-none.test ?' "$dir/err"
check 'HR12 and each answer, of a server' has '<-  MX ' "$dir/err"
check 'HR12 or of the file' has '=== The file of --zone answers' "$dir/err"
check 'HR12 with the text of its records' has '<-  TXT spf-none.test "v=spf1 -all", 3600 s' \
    "$dir/err"
printf '_dmarc TXT "v=DMARC1; p=reject"\n*._domainkey TXT "v=DKIM1; p="\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --all --format json --zone "$dir/zone" nosuch.test \
    > "$dir/out" 2> "$dir/err"
check 'HR11 what is below a name of the file makes it exist' lacks '"id":"domain.none"' "$dir/out"
check 'HR11 so it has no MX, and no address' has '"id":"mx.nowhere"' "$dir/out"
check 'HR11 and keys may be there' lacks '"id":"dkim.no_keys"' "$dir/out"
printf ';= _dmarc TXT nxdomain\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" nosuch.test > "$dir/out"
check 'HR11 but not that there is nothing' has '"id":"domain.none"' "$dir/out"
printf '@ A 192.0.2.1\n@ MX 10\n' > "$dir/zone"
check 'HR11 a bad line exits 64' equal "$(status domain --sandbox="$port" --zone "$dir/zone" \
    good.test)" 64
"$QUOTH" domain --sandbox="$port" --zone "$dir/zone" good.test > "$dir/out" 2> "$dir/err"
check 'HR11 and is named' has "zone:2: this record has too few parts" "$dir/err"
check 'HR11 nothing is told' equal "$(wc -c < "$dir/out")" 0
check 'HR11 a file that is not there exits 66' \
    equal "$(status domain --zone "$dir/none" good.test)" 66

# HR08: a stranger's text has no power over a terminal, and does not fill it.
esc=$(printf '\033')
printf '@ TXT "v=spf1 \\027[31mred -all"\n_dmarc TXT "v=dmarc1; \\027]0;x\\007 %0900d"\n' 1 \
    > "$dir/zone"
for format in text json nagios prom; do
    "$QUOTH" domain --sandbox="$port" --all --format $format --zone "$dir/zone" spf-none.test \
        > "$dir/out" 2>&1
    check "HR08 no control character ($format)" lacks "$esc" "$dir/out"
done
"$QUOTH" domain --sandbox="$port" --all --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'HR08 a long text is cut' equal "$(awk 'length > 400' "$dir/out" | wc -l)" 0

# HR06: a series of Prometheus has one sample, whatever is found twice.
printf '@ MX 1 a\n@ MX 2 b\na CNAME c\nb CNAME c\nc A 192.0.2.1\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format prom --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'HR06 prom has a finding' has '^quoth_finding{domain="spf-none.test",id="mx.alias"} 2$' \
    "$dir/out"
check 'HR06 prom has no series twice' equal "$(cut -d' ' -f1 "$dir/out" | sort | uniq -d)" '#'
# Samples of a name stand together, behind what it is, also those of several domains.
families() { awk '/^#/ { if ($3 != name) n++; name = $3; if ($2 == "TYPE") kind[name] = $4; next }
    { sub(/[{ ].*/, ""); if ($0 != name || !kind[name]) print "stray", $0 }
    END { print n }' "$dir/out"; }
"$QUOTH" domain --sandbox="$port" --format prom good.test spf-none.test GOOD.test > "$dir/out" 2>&1
check 'HR06 prom: samples of a name together' equal "$(families)" 6
check 'HR06 prom: a domain asked about twice is told once' \
    equal "$(grep '^quoth_grade' "$dir/out")" 'quoth_grade{domain="good.test"} 0
quoth_grade{domain="spf-none.test"} 1'
check 'HR06 prom: when it was checked' \
    has '^quoth_checked_seconds{domain="good.test"} 1[0-9]\{9\}$' "$dir/out"
# When certificates expire: that of the policy where it is fetched, of mail hosts with --deep.
"$QUOTH" domain --sandbox="$port" "$ca" --format prom --deep \
    tls.test good.test > "$dir/out" 2>&1
check 'HR06 prom: until when a certificate is good' \
    has '^quoth_cert_not_after_seconds{host="[^"]*",port="25"} [1-9][0-9]\{9,\}$' "$dir/out"
[ "$fetches" = 0 ] || check 'HR06 prom: that of the policy, too' \
    has '^quoth_cert_not_after_seconds{host="mta-sts.good.test",port="443"} [1-9]' "$dir/out"
# -o: the file is there whole, or as it was.
echo old > "$dir/o.prom"
check 'HR06 prom: -o FILE, and nothing on standard output' equal \
    "$("$QUOTH" domain --sandbox="$port" --format prom -o "$dir/o.prom" -q good.test; echo $?)" 0
check 'HR06 prom: -o FILE has it' has '^quoth_grade{domain="good.test"} 0$' "$dir/o.prom"
check 'HR06 prom: -o FILE leaves no other' equal "$(ls "$dir" | grep -c 'o[.]prom')" 1
check 'HR06 prom: -o needs a file' equal \
    "$(status domain --sandbox="$port" --format prom -o "$dir" good.test)" 64
check 'HR06 prom: -o in no directory' equal \
    "$(status domain --sandbox="$port" --format prom --output="$dir/none/x" good.test)" 70
for command in 'domain good.test' doctor; do
    check "HR06 $command: -o is for prom alone" equal \
        "$(status $command --sandbox="$port" --format json -o "$dir/x")" 64
done
"$QUOTH" doctor --sandbox="$port" --format prom --ip 192.0.2.41 --dnsbl bl.test --dnsbl BL.test \
    --dnsbl usual > "$dir/out" 2> "$dir/err"
check 'HR06 prom: of the doctor too' equal "$(families)" 5
check 'B10 a list named twice is asked once' equal "$(grep -c '^quoth_listed' "$dir/out")" 1
check 'HR06 prom: and when' has '^quoth_checked_seconds 1[0-9]\{9\}$' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --format prom --ip 192.0.2.41 -o "$dir/o.prom" > "$dir/out" 2>&1
check 'HR06 prom: of the doctor in a file' has '^quoth_doctor_grade [0-3]$' "$dir/o.prom"
check 'HR06 prom: and nothing beside it' equal "$(cat "$dir/out")" ''
"$QUOTH" doctor --sandbox="$port" --format json --ip 192.0.2.41 --dnsbl bl.test --dnsbl BL.test \
    --dnsbl usual > "$dir/out" 2> "$dir/err"
check 'B10 and told once' equal "$(grep -o '"zone":"[^"]*"' "$dir/out" | wc -l)" 1

# F10, J10: what is there instead is said, and a record is offered that works.
printf '@ TXT "v=spf1 include:*.spf-none.test -all"\n_dmarc TXT "v=DMARC1; p=none; %s"\n' \
    'ruf=a@spf-none.test; rua=b@spf-none.test,c@spf-none.test' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'F10 a * in an include is told' has 'no SPF record (a \* stands for nothing else' "$dir/out"
check 'J10 mailto: for all that lack it' has '"fix":"_dmarc.spf-none.test. TXT \\"v=DMARC1; '\
'p=none; ruf=mailto:a@spf-none.test; rua=mailto:b@spf-none.test,mailto:c@spf-none.test\\""' \
    "$dir/out"
check 'J10 in one record' equal "$(grep -o '"fix":"_dmarc' "$dir/out" | wc -l)" 1
printf '_dmarc TXT "v=DMARC1;\\194\\160p=reject; rua=mailto:a@spf-none.test"\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'J07 a blank of a page is told' has 'at byte 9 (there stands a no-break space)' "$dir/out"
check 'J07 and that there is no policy' has '"id":"dmarc.policy","grade":"bad"' "$dir/out"
printf '_mta-sts TXT "v=STSv1; id=1\\226\\128\\157"\n_smtp._tls TXT %s\n' \
    '"v=TLSRPTv1;\226\128\139rua=mailto:a@b"' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'M20 a mark of a page is told' has 'byte 13 (there stands a curly quotation mark)' "$dir/out"
check 'M30 likewise' has 'byte 11 (there stands a zero-width space, which is not seen)' "$dir/out"
# L02: a selector that no name has room for is told before anything is asked
label=$(printf '%050d' 0)
"$QUOTH" domain --sandbox="$port" --selector "$(printf '%040d.%050d' 0 0)" \
    "$label.$label.$label.test" > "$dir/out" 2> "$dir/err"
check 'L02 a selector that is too long for the domain' equal "$? $(wc -c < "$dir/out")" '64 0'
check 'L02 and why' has 'it is too long for that --selector' "$dir/err"

# F14: a domain in letters of its own is told as it has to be written.
printf '@ TXT "v=spf1 ip4:192.0.2.1 include:b\\195\\188cher.example -all"\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'F14 letters that are not of ASCII are bad, and their A-label is told' has \
    '"id":"spf.syntax","grade":"bad",.*"fix":"spf-none.test. TXT \\"v=spf1 ip4:192.0.2.1 '\
'include:xn--bcher-kva.example -all\\""' "$dir/out"
"$QUOTH" domain --sandbox="$port" --format json spf-syntax.test > "$dir/out" 2>&1
check 'F14 another fault has no such record' has '"id":"spf.syntax",[^}]*"fix":null' "$dir/out"
# F20: the whole record, with the one fault mended; "-": no record, as one change does not mend it
mends() {       # ID RECORD, and what the record is to be
    printf '@ TXT "%s"\n@ A 203.0.113.1\nok TXT "v=spf1 -all"\ngone A 203.0.113.1\n' "$2" \
        > "$dir/zone"
    printf 'open TXT "v=spf1 all"\nfar TXT "v=spf1 include:open.spf-none.test"\n' >> "$dir/zone"
    printf 'nets TXT "v=spf1 ip4:0.0.0.0/0 -all"\n' >> "$dir/zone"
    "$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test \
        > "$dir/out" 2>&1
    fix="\"spf-none.test. TXT \\\\\"$3\\\\\"\""; [ "$3" != - ] || fix=null
    check "F20 $1: $2" has "\"id\":\"$(echo "$1" | sed 's/[.]/[.]/')\",[^}]*\"fix\":$fix" "$dir/out"
}
mends spf.neutral 'v=spf1 a  include:ok.spf-none.test ?all' 'v=spf1 a include:ok.spf-none.test ~all'
mends spf.neutral 'v=spf1 a' 'v=spf1 a ~all'
mends spf.neutral 'v=spf1 ?all' -
mends spf.open 'v=spf1 a +all exp=x.spf-none.test' 'v=spf1 a ~all exp=x.spf-none.test'
mends spf.open 'v=spf1 a ip4:0.0.0.0/0 ~all' 'v=spf1 a ~all'
mends spf.open 'v=spf1 ip6:::/0' 'v=spf1 mx ~all'
mends spf.open 'v=spf1 ip4:0.0.0.0/0 redirect=ok.spf-none.test' 'v=spf1 redirect=ok.spf-none.test'
mends spf.open 'v=spf1 a include:open.spf-none.test redirect=ok.spf-none.test' \
    'v=spf1 a redirect=ok.spf-none.test'
mends spf.open 'v=spf1 a redirect=open.spf-none.test' 'v=spf1 a ~all'
mends spf.open 'v=spf1 redirect=open.spf-none.test' 'v=spf1 mx ~all'
mends spf.open 'v=spf1 a include:far.spf-none.test ~all' 'v=spf1 a ~all'
mends spf.open 'v=spf1 mx include:nets.spf-none.test -all' 'v=spf1 mx -all'
mends spf.open 'v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all' -
mends spf.open 'v=spf1 a mx/0 -all' 'v=spf1 a -all'
mends spf.private 'v=spf1 a IP4:10.0.0.0/8 -all' 'v=spf1 a -all'
mends spf.private 'v=spf1 ip4:10.0.0.0/8 -all' -
mends spf.private 'v=spf1 a ip4:10.0.0.0/7 -all' -
mends spf.name 'v=spf1 include:ok.spf-none.test,x.test -all' -
mends spf.name 'v=spf1 include:https://ok.spf-none.test -all' -
mends spf.dead_include 'v=spf1 a ?include:gone.spf-none.test -all' 'v=spf1 a -all'
mends spf.dead_include 'v=spf1 include:gone.spf-none.test -all' -
mends spf.dead_include 'v=spf1 a redirect=gone.spf-none.test' -
mends spf.behind_all 'v=spf1 a -all a:x.spf-none.test exp=y.spf-none.test mx' \
    'v=spf1 a -all exp=y.spf-none.test'
mends spf.behind_all 'v=spf1 -all a' 'v=spf1 -all'
mends spf.redirect_ignored 'v=spf1 a redirect=ok.spf-none.test -all' 'v=spf1 a -all'
mends spf.join 'v=spf1 a:a.spf-none.testip4:192.0.2.1 -all' \
    'v=spf1 a:a.spf-none.test ip4:192.0.2.1 -all'
mends spf.syntax 'v=spf1 include:b\195\188cher.example -all' \
    'v=spf1 include:xn--bcher-kva.example -all'
mends spf.syntax 'v=spf1 ip4:192.0.2 -all' -
mends spf.equals 'v=spf1 mx include=ok.spf-none.test -all' \
    'v=spf1 mx include:ok.spf-none.test -all'
mends spf.equals 'v=spf1 mx ip4=8.8.8 -all' -
mends spf.equals 'v=spf1 mx a=ok.spf-none.test,mx -all' -
mends spf.equals 'v=spf1 mx all=-' -
mends spf.neutral 'v=spf1 mx ALL=-' 'v=spf1 mx ~all'
mends spf.neutral 'v=spf1 mx all=fail ?all' 'v=spf1 mx ~all'
mends spf.neutral 'v=spf1 all=-' -
mends spf.version 'v=spf1; mx; -all' 'v=spf1 mx -all'
mends spf.version '\"v=spf1 mx -all\"' 'v=spf1 mx -all'
mends spf.version ' v=spf1 mx -all' 'v=spf1 mx -all'
mends spf.version 'spf1 mx -all' -
mends spf.version 'v=spf10 mx -all' 'v=spf1 mx -all'
mends spf.version 'v=spf1mx -all' 'v=spf1 mx -all'
mends spf.version 'v=spf1.0 a -all' 'v=spf1 a -all'
mends spf.version 'include:ok.spf-none.test ~all' 'v=spf1 include:ok.spf-none.test ~all'
mends spf.version 'nonsense ~all' -
mends spf.version "v=spf1; mx;$(printf ' a:x.spf-none.test;%.0s' 1 2 3 4 5 6)" -
mends spf.syntax 'v=spf1 a, mx, -all' 'v=spf1 a mx -all'
mends spf.syntax 'v=spf1 ip4:8.8.8.8; -all;' 'v=spf1 ip4:8.8.8.8 -all'
mends spf.syntax 'v=spf1 mx \226\128\147all' 'v=spf1 mx -all'
mends spf.syntax 'v=spf1 mx \"-all\"' 'v=spf1 mx -all'
mends spf.syntax 'v=spf1 ip4:8.8.8.8, nonsense -all' -
mends spf.join 'v=spf1 ip4:8.8.8.8\194\160include:ok.spf-none.test -all' \
    'v=spf1 ip4:8.8.8.8 include:ok.spf-none.test -all'
mends spf.join 'v=spf1 include:ok.spf-none.test,include:ok.spf-none.test -all' \
    'v=spf1 include:ok.spf-none.test include:ok.spf-none.test -all'
mends spf.join 'v=spf1 include:ok.spf-none.testinclude:ok.spf-none.test -all' \
    'v=spf1 include:ok.spf-none.test include:ok.spf-none.test -all'
# M06: what was meant for DMARC, likewise; `at` is where it stands
meant() {       # RECORD, and what it is to be
    printf '%s. TXT "%s"\n' "$at" "$1" > "$dir/zone"
    "$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" a.spf-none.test \
        > "$dir/out" 2>&1
    fix="\"$at. TXT \\\\\"$2\\\\\"\""; [ "$2" != - ] || fix=null
    check "M06 dmarc.version: $1" has "\"id\":\"dmarc[.]version\",[^}]*\"fix\":$fix" "$dir/out"
}
at=_dmarc.a.spf-none.test
meant 'v=dmarc1; p=none' 'v=DMARC1; p=none'
meant '\"v=DMARC1; p=reject; rua=mailto:dmarc@x.test\"' \
    'v=DMARC1; p=reject; rua=mailto:dmarc@x.test'
meant ' v = DMARC1  p=none;' 'v=DMARC1; p=none'
meant '\226\128\156v=DMARC1, p=none' 'v=DMARC1; p=none'
meant 'DMARC; p=none;;' 'v=DMARC1; p=none'
meant 'p=reject; v=dmarc1; sp=none' -
meant 'p=reject; rua=mailto:dmarc@x.test' 'v=DMARC1; p=reject; rua=mailto:dmarc@x.test'
for text in 'v=dmarc1 p none' 'v=dmarc1; p=no' 'v=dmarc1; sp=no' 'v=dmarc1; np=no' \
    'p=none; p=none' 'v=dmarc1; p=none; fo=9' 'v=dmarc1x; p=none' \
    "v=dmarc1; p=none; rua=mailto:$(printf '%070d' 1)@x.test"; do meant "$text" -; done
at=_dmarc.spf-none.test
meant 'v=dmarc1; p=none' 'v=DMARC1; p=none'
printf '@ TXT "v=spf1 ip4:8.8.8.8\\194\\160mx:spf-none.test -all"\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out"
check 'F03 the character is named, and its place' has \
    'together at byte 20: .*(at byte 18 stands a no-break space, which parts no terms' "$dir/out"
printf '@ TXT "v=spf1 include:https://spf-none.test/ ~all"\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out"
check 'F14 the address of a page is told' has 'test/ (the address of a page is no domain)' \
    "$dir/out"
printf '@ TXT "v=spf1 ip4:8.8.8.8~all"\n' > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --format json --zone "$dir/zone" spf-none.test > "$dir/out"
check 'F03 else it is a border of strings' has 'run together at byte 18: .*Between the strings' \
    "$dir/out"
long=$(i=10; while [ $i -lt 24 ]; do printf ' ip4:8.8.8.%d' $i; i=$((i + 1)); done)
printf '@ TXT "v=spf1%s" "%s ?all"\n' "$long" "$long" > "$dir/zone"
"$QUOTH" domain --sandbox="$port" --zone "$dir/zone" spf-none.test > "$dir/out" 2>&1
check 'F20 in strings of 255 bytes' has '^ *spf-none.test. TXT "v=spf1 [^"]\{248\}" "[^"]* ~all"$' \
    "$dir/out"
check 'F20 which include costs most' eval \
    '"$QUOTH" domain --sandbox="$port" --format json spf-lookups.test | grep -q '\
'"\"id\":\"spf.lookups\",[^}]* costs most"'

# HR14: never two records for one name, and no sentence wider than a terminal.
one_record() {  # NAME, its zone in $dir/zone
    "$QUOTH" domain --sandbox="$port" --all --format json --zone "$dir/zone" "$1" > "$dir/out"
    check "HR14 one record for a name: $2" equal \
        "$(grep -o '"fix":"[^ ]* [A-Z]* ' "$dir/out" | sort | uniq -c | sort -rn | sed -n \
        '1s/ *\([0-9]*\).*/\1/p')" 1
    "$QUOTH" domain --sandbox="$port" --all --zone "$dir/zone" "$1" > "$dir/out"
    check "HR14 80 columns: $2" equal \
        "$(awk '/^seen/ { exit } length > 80 && !/ (TXT|MX) /' "$dir/out" | wc -l)" 0
}
soa='@ SOA ns root 1 2 3 4 5\n'
printf "$soa"'_x A 192.0.2.1\n' > "$dir/zone"; one_record shop.test 'nothing, and parked'
printf "$soa"'@ TXT "v=spf1 mx ?all"\n_dmarc TXT "v=DMARC1; p=none"\n' > "$dir/zone"
one_record shop.test 'parked'
printf "$soa"'@ MX 1 @\n@ A 8.8.8.8\n@ TXT "v=DMARC1; p=reject"\n' > "$dir/zone"
one_record shop.test 'misplaced'
printf "$soa"'@ MX 1 @\n@ A 8.8.8.8\n@ TXT "v=spf1 a=x mx ip4:10.0.0.0/8 ?all mx"\n'\
'_dmarc TXT "v=DMARC1; p=reject"\n' > "$dir/zone"
one_record shop.test 'several faults of SPF'
printf "$soa"'@ MX 1 @\n@ A 8.8.8.8\n_dmarc TXT "v=DMARC1; p=reject; p=none"\n' > "$dir/zone"
one_record shop.test 'a sentence and its source'

# HR13: what is different from an earlier report, by zone files of the one domain.
dz() { printf "$1" > "$dir/zone"; shift; "$QUOTH" domain --sandbox="$port" --zone "$dir/zone" "$@" \
    good.test > "$dir/out" 2> "$dir/err"; }
dz '@ TXT "v=spf1 ptr -all"\n_mta-sts TXT "v=STSv1; id=-"\n' --format json; cp "$dir/out" "$dir/old"
dz '@ TXT "v=spf1 ptr -all"\n_mta-sts TXT "v=STSv1; id=-"\n' --diff "$dir/old"
check 'HR13 nothing is different' equal "$?" 0
check 'HR13 and that is said' has '^nothing came, went or changed$' "$dir/out"
dz '@ TXT "v=spf1 +all"\n_mta-sts TXT "v=STSv1; id=+"\n' --diff "$dir/old"
check 'HR13 what came decides the exit code' equal "$?" 2
check 'HR13 it came' has '^came     bad spf.open$' "$dir/out"
check 'HR13 it went' has '^went     warn spf.ptr$' "$dir/out"
check 'HR13 what is as it was is not told' equal "$(grep -c sts.id "$dir/out")" 0
dz '@ TXT "v=spf1 +all"\n' --diff "$dir/old" --format json
check 'HR13 JSON' has '^{"kind":"domain_diff","domain":"good.test","findings":\[{"what":"came",'\
'"id":"spf.open","grade":"bad","grade_before":null},' "$dir/out"
dz '@ TXT "v=spf1 -all"\n' --diff "$dir/old"
check 'HR13 what only went is fine' equal "$?" 0
dz '@ TXT "v=spf1 a a a a a a a a a a a mx -all"\n' --format json; cp "$dir/out" "$dir/old"
dz '@ TXT "v=spf1 a a a a a a a a a a a mx mx -all"\n' --diff "$dir/old"
check 'HR13 a number is another one: changed, and no worse' \
    equal "$? $(grep -c '^changed  bad spf.lookups$' "$dir/out")" '0 1'
check 'HR13 no report of this domain exits 64' \
    equal "$(status domain --sandbox="$port" --diff "$dir/old" spf.test)" 64
check 'HR13 a file that is none exits 64' equal \
    "$(status domain --sandbox="$port" --diff "$here/RULES.md" good.test)" 64
check 'HR13 a file that is not there exits 66' \
    equal "$(status domain --diff "$dir/none" good.test)" 66
check 'HR13 not for monitoring' equal "$(status domain --diff "$dir/old" --format prom good.test)" \
    64

# HR03: a few questions.
"$QUOTH" domain --sandbox="$port" --quick --format json good.test > "$dir/out"
check 'HR03 --quick leaves out the rest, and says so' \
    has '"not_asked":\["MTA-STS","TLS-RPT","BIMI","DKIM"' "$dir/out"
check 'HR03 with few questions' test "$(sed 's/.*"queries":\([0-9]*\).*/\1/' "$dir/out")" -le 16
"$QUOTH" domain --sandbox="$port" --quick spf-lookups.test > "$dir/out"
check 'HR03 what is not asked is unknown, by name' \
    has 'DMARC was not asked about, or not to its end' "$dir/out"
check 'HR12 a file that cannot be written exits 70' \
    equal "$(status domain --save "$dir/none/x" good.test)" 70
check 'there are many findings' test "$(echo "$ids" | wc -l)" -gt 90
"$QUOTH" domain --sandbox="$port" --format nagios nosuch.test > "$dir/out" 2> "$dir/err"
check 'a domain that does not exist exits 2' equal "$?" 2
check 'and is said not to' has 'CRITICAL - nosuch.test: domain.none |' "$dir/out"
"$QUOTH" domain --sandbox="$port" --format json spf-syntax.test > "$dir/out" 2> "$dir/err"
check 'json has the finding, and where' has '"id":"spf.syntax","grade":"bad","num":11,' "$dir/out"
"$QUOTH" domain --sandbox="$port" --ignore spf.none --ignore dmarc.none spf-none.test > "$dir/out"
check 'findings can be left out' equal "$?" 0
"$QUOTH" domain --sandbox="$port" --fail-on bad spf-none.test > "$dir/out"
check 'warnings can be let pass' equal "$?" 0
"$QUOTH" domain --sandbox="$port" --profile sending spf-none.test > "$dir/out"
check 'a sender without SPF is bad' equal "$?" 2
check 'and the record to publish is told' has 'spf-none.test. TXT "v=spf1 mx ~all"' "$dir/out"
"$QUOTH" domain --sandbox="$port" --selector other dkim-not-found.test > "$dir/out"
check 'a selector that is named is asked for' has 'DKIM other' "$dir/out"
"$QUOTH" domain --sandbox="$port" signed.test > "$dir/out"
check 'a signed domain is secure, and who says so' \
    has 'DNSSEC secure (says 127\.0\.25\.53); DANE of 1 host' "$dir/out"
"$QUOTH" domain --sandbox="$port" --trust-ad no signed.test > "$dir/out"
check 'a word that does not count is not told' \
    has 'DNSSEC signed, this resolver does not validate;' "$dir/out"
"$QUOTH" domain --sandbox="$port" good.test > "$dir/out"
check 'a domain that is not signed' has 'DNSSEC not signed' "$dir/out"
"$QUOTH" domain --sandbox="$port" --format json signed.test > "$dir/out"
check 'json has the TLSA records' \
    has '"tlsas":2,"tlsa":\["3 1 1 3a1c[0-9a-f]*","2 0 1 c07e[0-9a-f]*"\],"secure":true' "$dir/out"
check 'and the state of DNSSEC' \
    has '"dnssec":{"state":"secure","by":"127\.0\.25\.53","validates":true}' "$dir/out"
"$QUOTH" domain --sandbox="$port" dnssec-bogus.test > "$dir/out"
check 'why it is bogus is told' has 'a signature expired' "$dir/out"
if [ "$fetches" = 1 ]; then
    "$QUOTH" domain --sandbox="$port" sts-cert.test > "$dir/out"
    check 'without a certificate to check with nothing is fetched' \
        has 'MTA-STS (policy: not fetched' "$dir/out"
    check 'and that is no finding' equal "$(grep -c 'sts[.]cert' "$dir/out")" 0
    "$QUOTH" domain --sandbox="$port" "$ca" --format json good.test > "$dir/out"
    check 'json has the policy' \
        has '"mta_sts_policy":{"fetched":"done","status":200,"mode":"enforce","max_age":604800,'\
'"patterns":1,"mx":\["mx.good.test"\]}' "$dir/out"
    "$QUOTH" domain --sandbox="$port" "$ca" sts-status.test > "$dir/out"
    check 'the status is told' has 'request for the policy is 404' "$dir/out"
    # M24: what one look cannot tell
    state() { "$QUOTH" domain --sandbox="$port" "$ca" --state "$dir/state" "$@" > "$dir/out" \
        2> "$dir/err"; }
    printf 'one.example 1 0000000000000001\n' > "$dir/state"
    state good.test submit.test
    check 'M24 a policy is noted with its id' has '^good[.]test 20260101 [0-9a-f]\{16\}$' \
        "$dir/state"
    check 'M24 others stay' has '^one[.]example 1 0000000000000001$' "$dir/state"
    check 'M24 where there is no policy there is no line' equal "$(wc -l < "$dir/state")" 2
    cp "$dir/state" "$dir/state1"
    state good.test
    check 'M24 seen again it is no finding' lacks 'sts[.]same_id' "$dir/out"
    sed -i 's/^\(good.*\) [0-9a-f]*$/\1 00000000000000cd/' "$dir/state"
    state good.test; state good.test
    check 'M24 another one under the same id is, as long as it is so' has 'WARN  sts[.]same_id' \
        "$dir/out"
    sed -i 's/20260101/20250101/' "$dir/state"
    state good.test
    check 'M24 a new id is no finding' lacks 'sts[.]same_id' "$dir/out"
    check 'M24 and is noted' equal "$(sort "$dir/state")" "$(sort "$dir/state1")"
    echo 'good.test 1' > "$dir/state"
    check 'M24 a bad line exits 64' equal "$(status domain --state "$dir/state" good.test)" 64
    check 'M24 and is named' has 'state:1: ' "$dir/err"
    check 'M24 a file that cannot be written exits 70' \
        equal "$(status domain --sandbox="$port" "$ca" --state "$dir/none/x" good.test)" 70
    ln -s /dev/null "$dir/null"
    check 'M24 and no file takes the place of a device' \
        equal "$(status domain --sandbox="$port" "$ca" --state "$dir/null" good.test) $(readlink \
        "$dir/null")" '64 /dev/null'
fi
check 'a store that is not there exits 66' equal \
    "$(status domain --sandbox="$port" --ca-file "$dir/none" good.test)" 66
"$QUOTH" domain --sandbox="$port" --deep dane-mismatch.test > "$dir/out"
check 'the TLSA record that would match is told' \
    has '_25[.]_tcp[.]mx[.]dane-mismatch[.]test[.] TLSA 3 1 1 [0-9a-f]\{64\}$' "$dir/out"
"$QUOTH" domain --sandbox="$port" "$ca" sts-mx-cert.test > "$dir/out"
check 'without --deep no mail host is called' equal "$(grep -c 'sts[.]mx_cert' "$dir/out")" 0
check 'mail hosts are called by a name of ours' \
    equal "$(status domain --nameserver 127.0.25.53:"$port" --deep --helo mail.example.com \
    good.test)" 64
check 'and that is said' has 'a name of yours' "$dir/err"
check 'trust is yes or no' equal "$(status domain --trust-ad maybe good.test)" 64
check 'a bad name exits 64' equal "$(status domain --sandbox="$port" a..b)" 64
check 'an address exits 64' equal "$(status domain --sandbox="$port" jane@good.test)" 64
check 'an unknown finding exits 64' equal "$(status domain --ignore spf.nothing good.test)" 64
check 'another format exits 64' equal "$(status domain --format xml good.test)" 64
check 'no name exits 64' equal "$(status domain)" 64

# ---- `quoth doctor`: options that make each finding, and an address with none ---------

doctor() { "$QUOTH" doctor --sandbox="$port" --format nagios --helo sender.test \
    --from a@sender.test "$@" > "$dir/out" 2> "$dir/err"; }
doctor --dnsbl bl.test --dnsbl zen.spamhaus.org
check 'an address with nothing wrong exits 0' equal "$?" 0
check 'and has no findings' has '^QUOTH OK - sender.test |' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --helo sender.test --from a@sender.test > "$dir/out" 2> "$dir/err"
check 'its address is what servers say' \
    has '^sender.test \[192\.0\.2\.25\], sender a@sender.test   0 bad' "$dir/out"
check 'each server is told' has 'mx.seentoo.test: talks to us, sees 192.0.2.25' "$dir/out"
while read -r id options; do
    # shellcheck disable=SC2086
    "$QUOTH" doctor --sandbox="$port" --format json --helo sender.test --from a@sender.test \
        $options > "$dir/out" 2> "$dir/err"
    check "doctor finds $id" has "\"id\":\"$(echo "$id" | sed 's/[.]/[.]/g')\"" "$dir/out"
    echo "$id" >> "$dir/found"
done << EOF
ptr.unknown --ip 192.0.2.32
ptr.missing --ip 192.0.2.33
ptr.forward --ip 192.0.2.26
ptr.forward_unknown --ip 192.0.2.30
ptr.many --ip 192.0.2.31
ptr.generic --ip 192.0.2.29
ip.unknown --via mx.good.test
ip.differs --via mx.seen.test --via mx.seesother.test
ip.v6_weaker --ip 192.0.2.25 --ip 2001:db8::77
ip.clock --via mx.expired.test --via mx.expiredtoo.test
port25.blocked --via 127.0.25.253 --via nobody-listens.test
port25.partly --via nobody-listens.test --via mx.seen.test
port25.unknown --via mx.servfail.test
port25.refused --via mx.ptr.test
port25.intercepted --via mx.othername.test --via mx.good.test
port25.intercepted --via mx.masked.test --via mx.seen.test
port25.intercepted --via mx.starred.test --via mx.seen.test
helo.none --helo example.com
helo.bare --helo [192.0.2.25]
helo.provider --helo gmail.com
helo.theirs --helo mx.seen.test
helo.no_address --helo nomail.test
helo.unknown --helo servfail.test
helo.forward --helo spf-none.sender.test
helo.not_ptr --helo spf-fail.sender.test
helo.spf --helo spf-fail.sender.test
sender.none --from a@nullmx.test
sender.disposable --from a@mailinator.com
sender.unaligned --author news@good.test
sender.spf_fail --from a@spf-fail.sender.test
sender.spf_broken --from a@spf-syntax.test
sender.spf_weak --from a@spf-weak.sender.test
sender.spf_none --from a@spf-none.sender.test
sender.spf_unknown --from a@spf-unknown.test
dnsbl.listed --ip 192.0.2.41 --dnsbl bl.test
dnsbl.provider --ip 192.0.2.44 --dnsbl zen.spamhaus.org
dnsbl.dead --ip 192.0.2.25 --dnsbl all-bl.test
dnsbl.rewritten --ip 192.0.2.43 --dnsbl bl.test
dnsbl.zone --ip 192.0.2.52 --dnsbl bl.test
dnsbl.resolver --ip 192.0.2.54 --dnsbl bl.test
dnsbl.limit --ip 192.0.2.55 --dnsbl bl.test
dnsbl.error --ip 192.0.2.42 --dnsbl bl.test
dnsbl.unknown --ip 192.0.2.25 --dnsbl lost-bl.test
EOF
awk '/^@ / { of = $2 } /^= / && of == "doctor" { print $2 }' "$here/../core/data/checks.txt" \
    | sort > "$dir/rows"
check 'HR02 every finding about ourselves has options that make it' \
    equal "$(sort -u "$dir/found" | comm -3 - "$dir/rows")" ''
doctor --author news@sub.sender.test
check 'I14 below the same organizational domain nothing is found' equal "$?" 0
"$QUOTH" doctor --sandbox="$port" --explain --format json --helo sender.test --from a@sender.test \
    --author good.test > "$dir/out" 2> "$dir/err"
check 'I14 whose DMARC counts, and whether SPF does for it' \
    has '"dmarc":{"domain":"good.test","effective":"reject","spf_aligned":false}' "$dir/out"
check 'I15 --explain tells each question' has ' -> PTR 25.2.0.192.in-addr.arpa ?' "$dir/err"
check 'I15 and what servers say' has ' <-  250-mx.seen.test at your service' "$dir/err"
check 'I15 and what is said to them' has ' -> *EHLO sender.test' "$dir/err"
check 'I15 an author that is none exits 64' equal "$(status doctor --author localhost)" 64
doctor --ip 192.0.2.41 --dnsbl bl.test
check 'a listing exits 2' equal "$?" 2
doctor --from a@spf-weak.sender.test
check 'a warning exits 1' equal "$?" 1
doctor --dnsbl lost-bl.test
check 'what is not known exits 3' equal "$?" 3
doctor --dnsbl lost-bl.test --ignore dnsbl.unknown
check 'a finding can be left out' equal "$?" 0
"$QUOTH" doctor --sandbox="$port" --helo mx7.sender.test --from a@sender.test --ip 192.0.2.33 \
    > "$dir/out" 2> "$dir/err"
check 'the record to publish is told' \
    has '33\.2\.0\.192\.in-addr\.arpa\. PTR mx7\.sender\.test\.$' "$dir/out"
check 'and what SPF lacks' has '^ *ip4:192\.0\.2\.33$' "$dir/out"
# I07: the null sender is postmaster at the name in EHLO, if that is one
"$QUOTH" doctor --sandbox="$port" --from '<>' --ip 192.0.2.33 > "$dir/out" 2> "$dir/err"
check 'I07 SPF of the null sender' has '^ *probe.quoth.test has no SPF record' "$dir/out"
check 'I07 and its record' has '^ *probe.quoth.test. TXT "v=spf1 ip4:192.0.2.33 -all"' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --from '<>' --helo '[192.0.2.33]' --ip 192.0.2.33 > "$dir/out" \
    2> "$dir/err"
check 'I07 an address has none' lacks 'has no SPF record' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --format json --ip 192.0.2.41 --dnsbl bl.test > "$dir/out" \
    2> "$dir/err"
check 'json has the list and its words' \
    has '"zone":"bl.test","state":"listed","code":"127.0.0.2","words":"listed for the tests, see '\
'https://bl.test/192.0.2.41"' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --format prom --ip 192.0.2.41 --dnsbl bl.test > "$dir/out" \
    2> "$dir/err"
check 'prom has the list' has '^quoth_listed{zone="bl.test",ip="192.0.2.41"} 1$' "$dir/out"
"$QUOTH" doctor --sandbox="$port" --format prom --ip 192.0.2.33 --dnsbl bl.test \
    --dnsbl lost-bl.test > "$dir/out" 2> "$dir/err"
check 'prom and that it is not on one' has '^quoth_listed{zone="bl.test",ip="192.0.2.33"} 0$' \
    "$dir/out"
check 'prom says nothing for a list that did not' lacks 'zone="lost-bl.test"' "$dir/out"
for zone in 'a" b.test' bl; do
    check "B10 no zone: $zone" equal "$(status doctor --dnsbl "$zone")" 64
done
# I16: nobody gave it a name or a sender, nor has this machine a full name
case $(uname -n) in
*.*) ;;
*)
    "$QUOTH" doctor --nameserver "127.0.25.53:$port" --allow 192.0.2.0/24 --explain \
        --format nagios --ip 192.0.2.33 --dnsbl bl.test > "$dir/out" 2>&1
    check 'I16 the address is looked at' \
        has '^QUOTH CRITICAL - doctor: ptr.missing, helo.none | queries=4$' "$dir/out"
    check 'I16 and nobody is called' eval '! grep -q -e " EHLO " -e " over TCP" "$dir/out"' ;;
esac

# `--why`: from a refusal to the record
why() { "$QUOTH" --sandbox="$port" --helo sender.test --from a@sender.test "$@" > "$dir/out" \
    2> "$dir/err"; }
why --why=192.0.2.33 jane@ptr.test
check 'I13 a refusal for want of a name exits 3' equal "$?" 3
check 'I13 and is told to be about us' has '^why: it is us whom the server refused (text/ptr)$' \
    "$dir/out"
check 'I13 with the record' has '33\.2\.0\.192\.in-addr\.arpa\. PTR sender\.test\.$' "$dir/out"
check 'I13 and nothing else' lacks 'sender.spf_fail' "$dir/out"
why --why=192.0.2.33 jane@spf.test
check 'I13 a refusal for SPF leads to SPF' has '^ *ip4:192\.0\.2\.33$' "$dir/out"
why --why=192.0.2.41 jane@blocked.test
check 'I13 one for a list to the list' has 'bl\.test lists 192\.0\.2\.41' "$dir/out"
why --why=192.0.2.25 jane@ptr.test
check 'I13 where nothing is wrong that is said' has 'nothing that leads to it is wrong' "$dir/out"
why --why=192.0.2.25 greylisted@good.test
check 'I13 greylisting is nothing to do' has '^why: nothing to do on our side$' "$dir/out"
why --why jane@dead.test
check 'I13 where nobody was reached nothing is claimed' has '^why: no refusal decided it; ' \
    "$dir/out"
why --why jane@good.test
check 'I13 a known mailbox needs no why' lacks '^why' "$dir/out"
why --why --format json jane@ptr.test
check 'I13 an address that nobody tells is unknown' \
    has '"why":{"ours":true,"looked_at":\["ptr.missing",.*"id":"ip.unknown","grade":"unknown"' \
    "$dir/out"
why --why --format json greylisted@good.test
check 'I13 json has nothing to do as well' \
    has '"why":{"ours":false,"looked_at":\[\],"findings":\[\]}' "$dir/out"
why --why=192.0.2.33 --format json jane@ptr.test
check 'I13 and the record' has '"why":.*"id":"ptr.missing","grade":"bad",'\
'"ip":"192.0.2.33".*"fix":"33.2.0.192.in-addr.arpa. PTR sender.test."' "$dir/out"
spoken() { "$QUOTH" --sandbox="$port" --helo sender.test --from a@sender.test --explain "$@" \
    2>&1 | grep -c -e '-> EHLO' -e '-> QUIT'; }
check 'I13 nobody is called for it' equal "$(spoken --why=192.0.2.33 jane@ptr.test)" \
    "$(spoken jane@ptr.test)"
check 'an address that is none exits 64' equal "$(status --why=1.2.3 jane@good.test)" 64
check 'several addresses exit 64' equal "$(status --why jane@good.test joe@good.test)" 64
check 'another format exits 64' equal "$(status --why --format reacher jane@good.test)" 64
check 'an address of ours that is none exits 64' equal "$(status doctor --ip 1.2.3)" 64
check 'a list that is none exits 64' equal "$(status doctor --dnsbl x)" 64
check 'a host that is none exits 64' equal "$(status doctor --via a..b)" 64
check 'an argument exits 64' equal "$(status doctor good.test)" 64
down
check 'and the sandbox saw no offence' equal "$status" 0

# ---- 2. its own protocols -------------------------------------------------------------

up --quiet --log --grey 1

# the first interrupt ends `quoth doctor`
"$QUOTH" doctor --sandbox="$port" --via mx.silent.test > "$dir/heard" 2>&1 &
one=$!
until grep -q 'mx.silent.test -> NOERROR' "$dir/err"; do kill -0 $one || break; sleep 0.05; done
kill -INT $one
wait $one
check 'doctor interrupted: 130' equal "$?" 130
check 'and says so' has '^quoth: interrupted$' "$dir/heard"

# NAME TYPE udp|tcp SIZE [BITS]: "rcode=.. tc=.. an=.. ...", then the records of the answer
dns() { raw dns "$@" > "$dir/heard" 2>&1; }
dns good.test 15 udp 1232
check 'MX with its address beside it' has 'rcode=0 tc=0 aa=0 an=1 ns=0 ar=2 opt=1' "$dir/heard"
dns six.test 15 udp 1232
check 'MX without' has 'rcode=0 tc=0 aa=0 an=1 ns=0 ar=1 opt=1' "$dir/heard"
dns GOOD.Test 15 udp 0
check 'the question comes back as it was, and no OPT unasked' has 'ar=1 opt=0 .*GOOD.Test' \
    "$dir/heard"
dns nosuch.test 15 udp 1232
check 'NXDOMAIN brings the SOA' has 'rcode=3 tc=0 aa=0 an=0 ns=1 ' "$dir/heard"
dns good.test 28 udp 1232
check 'NODATA brings the SOA' has 'rcode=0 tc=0 aa=0 an=0 ns=1 ' "$dir/heard"
dns truncated.test 15 udp 1232
check 'too long for a datagram' has 'rcode=0 tc=1 aa=0 an=0 ns=0 ar=1 ' "$dir/heard"
dns truncated.test 15 tcp 1232
check 'and whole over TCP' has 'rcode=0 tc=0 aa=0 an=61 ' "$dir/heard"
dns servfail.test 15 udp 1232
check 'SERVFAIL' has 'rcode=2 ' "$dir/heard"
dns example.com 15 udp 1232
check 'REFUSED for what is not ours' has 'rcode=5 ' "$dir/heard"
dns noedns.test 15 udp 1232
check 'FORMERR to EDNS' has 'rcode=1 .*opt=0' "$dir/heard"
dns noedns.test 15 udp 0
check 'and none without' has 'rcode=0 .*an=1' "$dir/heard"
raw silence dnstimeout.test good.test > "$dir/heard" 2>&1
check 'silence' has '^nothing' "$dir/heard"
dns chain.test 15 udp 1232
check 'an alias chain and its end' has 'rcode=0 tc=0 aa=0 an=4 ' "$dir/heard"
dns joined.test 16 udp 1232
check 'a text in two strings' has '^type 16 v=spf1 a|include:good.test -all$' "$dir/heard"
dns s1._domainkey.good.test 16 udp 1232
check 'a key in two strings' has '^type 16 v=DKIM1; k=rsa; p=[^|]*|[^|]*AQAB$' "$dir/heard"
dns tokens.test 16 udp 1232
check 'texts too long for a datagram' has 'rcode=0 tc=1 aa=0 an=0 ' "$dir/heard"
dns tokens.test 16 tcp 1232
check 'and all of them over TCP' equal "$(grep -c '^type 16 ' "$dir/heard")" 61
dns 1.25.0.127.in-addr.arpa 12 udp 1232
check 'the name of an address' has '^type 12 mx.good.test.$' "$dir/heard"
dns signed.test 43 udp 1232 32
check 'DS' has '^type 43 30390d025d5d' "$dir/heard"
check 'AD when it is asked for' has ' ad=1 cd=0 ede=-' "$dir/heard"
dns _25._tcp.mx.signed.test 52 udp 1232
check 'TLSA' has '^type 52 0301013a1c' "$dir/heard"
check 'no AD unasked' has ' ad=0 ' "$dir/heard"
dns tosigned.test 16 udp 1232 32
check 'no AD through an alias without' has 'an=2 .* ad=0 ' "$dir/heard"
dns . 6 udp 1232 32
check 'the root has an SOA, with AD' has 'rcode=0 .* an=1 .* ad=1 ' "$dir/heard"
dns bogus.test 15 udp 1232 32
check 'bogus: SERVFAIL, with the reason' has 'rcode=2 .* ad=0 cd=0 ede=6' "$dir/heard"
dns bogus.test 15 udp 1232 48
check 'and records with CD' has 'rcode=0 .* an=1 .* ad=0 cd=1 ede=-' "$dir/heard"
dns lame.test 15 udp 0
check 'no reason without EDNS' has 'rcode=2 .*opt=0 .* ede=-' "$dir/heard"
raw junk > "$dir/heard" 2>&1
check 'it outlives junk' has '^alive' "$dir/heard"

say good.test 'EHLO a.test' 'MAIL FROM:<a@a.test>' 'RCPT TO:<nobody@good.test>' \
    'RCPT TO:<JANE@Good.Test>' RSET \
    'RCPT TO:<jane@good.test>' 'NOOP' QUIT
check 'an unknown mailbox' has '^550 5\.1\.1 <nobody@good.test>' "$dir/heard"
check 'a known one, in any case' has '^250 2\.1\.5' "$dir/heard"
check 'no RCPT without MAIL' has '^503 ' "$dir/heard"
check 'goodbye' has '^221 ' "$dir/heard"
say good.test 'EHLO a.test' 'MAIL FROM:<a@a.test>' 'RCPT TO:<greylisted@good.test>' \
    'RCPT TO:<greylisted@good.test>' QUIT
check 'greylisted' has '^451 4\.7\.1' "$dir/heard"
tries=0
until grep -q '^250 2\.1\.5' "$dir/heard" || [ $tries -gt 300 ]; do
    sleep 0.2
    tries=$((tries + 1))
    say good.test 'EHLO a.test' 'MAIL FROM:<a@a.test>' 'RCPT TO:<greylisted@good.test>' QUIT
done
check 'and accepted a second later' has '^250 2\.1\.5' "$dir/heard"
say tlsmust.test 'EHLO a.test' 'MAIL FROM:<a@a.test>' QUIT
check 'STARTTLS is offered' has '^250.STARTTLS$' "$dir/heard"
check 'and wanted' has '^530 5\.7\.0' "$dir/heard"
# What comes in clear behind the 220 is an injection for a client that has not spoken yet, and a
# broken handshake for one that has: what it is may not depend on how fast the client is.
check 'behind STARTTLS nothing waits for a time' lacks 'STARTTLS "[^"]*~[0-9]' \
    "$here/../port/sandbox/sandbox_world.c"
say once.test 'EHLO a.test' 'MAIL FROM:<a@a.test>' 'RCPT TO:<jane@once.test>' \
    'RCPT TO:<jane@once.test>'
check '421 after one recipient' has '^421 ' "$dir/heard"
say old.test 'EHLO a.test' 'HELO a.test' QUIT
check 'HELO only' equal "$(cut -c1-3 "$dir/heard" | tr '\n' ' ')" '220 502 250 221 clo '
raw crowd 300 > "$dir/heard" 2>&1
check '300 conversations at once' has '^300 of 300' "$dir/heard"
down
check 'clean clients: exit 0' equal $status 0
check 'the log has the questions' has 'dns/udp type 15 good.test -> NOERROR' "$dir/err"
check 'and the commands' has 'mx.good.test <- RCPT TO:<nobody@good.test>' "$dir/err"
check 'and the replies' has 'mx.good.test -> 550 5.1.1 <nobody@good.test>' "$dir/err"

offence() {     # NAME, what the sandbox says of it, then what raw is to do
    name=$1 words=$2
    shift 2
    up --quiet
    raw "$@" > "$dir/heard" 2>&1
    down
    check "$name: cut off" has '^closed' "$dir/heard"
    check "$name: exit 1" equal $status 1
    check "$name: said why" has "OFFENCE at mx.good.test: .*$words" "$dir/err"
}
for verb in DATA 'BDAT 1' 'AUTH PLAIN' 'VRFY jane' 'EXPN list' ETRN TURN XYZZY; do
    offence "$verb" "never needs: \"$verb\"" smtp good.test 'EHLO a.test' "$verb"
done
offence 'speaking before the greeting' 'group' burst good.test \
    'EHLO a.test\r\nMAIL FROM:<a@a.test>\r\n'
offence 'more behind EHLO' 'ends a group' burst good.test 'EHLO a.test\r\n' \
    'EHLO a.test\r\nRSET\r\n'
offence 'a bare LF' 'without CR' burst good.test 'EHLO a.test\n'
offence 'a bare CR' 'NUL or CR' burst good.test 'EHLO a.test\rRSET\r\n'
offence 'a long line' 'longer than 512' burst good.test "NOOP $(printf '%0600d' 0)\\r\\n"

# ---- 3. the command against every row -----------------------------------------------------

cat > "$dir/row" <<'ROW'
IFS=$(printf '\t') read -r address verdict reason what options <<LINE
$1
LINE
# shellcheck disable=SC2086 # options are words
json=$("$QUOTH" --sandbox="$port" --format json $options -- "$address" 2>&1)
code=$?
got=$(printf '%s' "$json" \
    | sed -n 's/^.*"verdict": *"\([a-z]*\)", *"reason": *"\([a-z0-9_]*\)".*$/\1 \2/p')
case $verdict in deliverable) want=0;; undeliverable) want=1;; risky) want=2;; *) want=3;; esac
printf '%s\n' "$json" > "$dir/answer/$address"
if [ "$got" = "$verdict $reason" ] && [ $code = $want ]; then
    echo passed
else
    echo "FAILED $address${options:+ ($options)}: $verdict $reason expected ($what);" \
        "exit $code, $json"
fi
ROW
mkdir "$dir/answer"
up --quiet
export QUOTH port dir
"$QUOTH" --sandbox="$port" --format text escape@good.test > "$dir/heard"
check 'nothing of a server drives the terminal' equal "$(tr -d '\n -~' < "$dir/heard" | wc -c)" 0
tail -n +2 "$dir/tsv" | tr '\n' '\0' | xargs -0 -P 8 -n 1 sh "$dir/row" > "$dir/rows"
down
check 'no client offended' equal $status 0
grep -v '^passed$' "$dir/rows"
grep OFFENCE "$dir/err"
passed=$((passed + $(grep -c '^passed$' "$dir/rows")))
failed=$((failed + rows - $(grep -c '^passed$' "$dir/rows")))
check 'over TLS' has '"version": *"1\.[23]"' "$dir/answer/jane@tls.test"
check 'over TLS 1.2' has '"version": *"1\.2"' "$dir/answer/jane@tls12.test"
check 'over TLS with a long chain' has '"version": *"1\.[23]"' "$dir/answer/jane@bigchain.test"

# ---- `quoth domain --deep` leaves an address alone between two calls -----------------------

# From the end of one conversation to the greeting of the next, in ms; whole ones are counted on
# both sides
pause() { awk '/ -> 220 / && ended { printf "%d\n", ($1 - ended) * 1000 + 0.5 }
    / -> 221 / { ended = $1 }' "$dir/err"; }
waits() { "$QUOTH" domain --sandbox="$port" --explain --deep "$@" 2>&1 | grep -c '=== Waiting '; }
up --quiet --log
check 'G04 --deep waits before an address is called again' equal \
    "$(waits --gap 1500 good.test GOOD.test)" 1
check 'G04 for as long as --gap says' [ "$(pause)" -ge 1498 ]
check 'G04 another address need not wait' equal "$(waits --gap 1500 good.test tls.test)" 0
check 'G04 --ask-postmaster waits behind --deep' equal \
    "$(waits --gap 50 --ask-postmaster good.test)" 1
check 'G04 the sandbox has no gap of its own' equal "$(waits good.test good.test)" 0
down
check 'no client offended' equal $status 0

echo "sandbox: $passed passed, $failed failed"
[ $failed = 0 ]
