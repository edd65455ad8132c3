# spf_suite.awk - the test suite of RFC 7208, which is YAML, as lines that a test in C can read:
#
#   G <tab> description                          a group: a zone of its own, and its cases
#   Z <tab> name <tab> TXT <tab> string...       a record; TXT has as many strings as it has
#   Z <tab> name <tab> TIMEOUT                   what is not listed above it is never answered
#   T <tab> id <tab> helo <tab> ip <tab> mail from <tab> result[|result]
#
# Bytes that are not printable stay as \xHH. Not a reader of YAML: of what that file uses, and what it does not know it
# refuses. A name's SPF records are TXT records as well, unless it has TXT records, or "NONE" in place of them (the
# file's own rule).
#
#   LC_ALL=C awk -f spf_suite.awk rfc7208-tests.yml
#
# SPDX-License-Identifier: MIT

function bad(why) { print "spf_suite.awk: line " NR ": " why ": " $0 > "/dev/stderr"; failed = 1; exit 1 }

# A scalar without its quotes: what double quotes escape becomes \xHH.
function scalar(s) {
    sub(/^ +/, "", s); sub(/ +$/, "", s)
    if (s ~ /^'.*'$/) { s = substr(s, 2, length(s) - 2); gsub(/''/, "'", s); return s }
    if (s !~ /^".*"$/) return s
    s = substr(s, 2, length(s) - 2)
    gsub(/\\0/, "\\x00", s)
    if (s ~ /\\[^x]/) bad("an escape that is not known")
    return s
}

# "[a, b]", "[ 'a', 'b' ]", "[ ]" as strings behind tabs. No comma stands inside of one.
function flow(s,    n, i, part, out) {
    gsub(/^\[ *| *\]$/, "", s)
    n = split(s, part, ",")
    for (i = 1; i <= n; i++) out = out "\t" scalar(part[i])
    return out
}

function end_name(    i) {
    for (i = 1; i <= records; i++) {
        if (type[i] == "SPF" && has_txt) continue
        if (data[i] == "\tNONE") continue
        print "Z\t" name "\t" (type[i] == "SPF" ? "TXT" : type[i]) data[i]
    }
    records = has_txt = 0
}

function end_case() {
    if (id != "") print "T\t" id "\t" helo "\t" host "\t" from "\t" result
    id = ""
}

/^---/ { end_case(); end_name(); part = ""; next }
/^(#|$)/ { next }
/^description:/ { sub(/^description: */, ""); print "G\t" $0; next }
/^comment:/ { next }
/^tests:/ { part = "tests"; next }
/^zonedata:/ { end_case(); part = "zone"; next }
/^[^ ]/ { bad("a key that is not known") }

part == "tests" && /^  [^ ].*:/ { end_case(); id = substr($0, 3); sub(/:.*/, "", id); helo = host = from = result = ""; next }
part == "tests" && /^    (helo|host|mailfrom|result):/ {
    key = $1; value = $0; sub(/^ *[a-z]+: */, "", value)
    if (key == "helo:") helo = scalar(value)
    if (key == "host:") host = scalar(value)
    if (key == "mailfrom:") from = scalar(value)
    if (key == "result:") {
        result = value ~ /^\[/ ? flow(value) : "\t" scalar(value)
        sub(/^\t/, "", result); gsub(/\t/, "|", result)
    }
    next
}
part == "tests" && /^    (description|comment|spec|explanation|strict):/ { next }
part == "tests" && /^     / { next }              # more of a text

part == "zone" && /^  [^ ].*:$/ { end_name(); name = scalar(substr($0, 3, length($0) - 3)); next }
part == "zone" && /^    - TIMEOUT$/ { type[++records] = "TIMEOUT"; data[records] = ""; next }
part == "zone" && /^    - [A-Z]+:/ {
    type[++records] = substr($2, 1, length($2) - 1)
    value = $0; sub(/^    - [A-Z]+: */, "", value)
    data[records] = value ~ /^\[/ ? flow(value) : "\t" scalar(value)
    if (type[records] == "TXT") has_txt = 1
    next
}
/^ *$/ || part == "" { next }
{ bad("not understood") }

END { if (!failed) { end_case(); end_name() } }
