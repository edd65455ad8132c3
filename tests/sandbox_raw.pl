# sandbox_raw.pl - bytes to and from the sandbox, for sandbox_test.sh. Only what perl-base has.
#
#   perl sandbox_raw.pl PORT smtp DOMAIN LINE...     one command after the other; prints every reply line
#   perl sandbox_raw.pl PORT burst DOMAIN PIECE...   the same with pieces as they are (\r and \n written out)
#   perl sandbox_raw.pl PORT dns NAME TYPE udp|tcp SIZE [BITS]   prints the answer's header and records
#                                                    SIZE 0: no EDNS; BITS 32: AD, 16: CD
#   perl sandbox_raw.pl PORT silence NAME OTHER      "nothing": two questions, and only the second is answered
#   perl sandbox_raw.pl PORT junk                    malformed questions, then a good one
#   perl sandbox_raw.pl PORT crowd N                 N conversations, all open at the same time
# SPDX-License-Identifier: MIT
use strict;
use warnings;
use Socket;
use IO::Socket::INET;

my ($port, $what, @rest) = @ARGV;
my $hang = 600;     # seconds: no load takes as long
$SIG{ALRM} = sub { print "hangs\n"; exit 1 };
$| = 1;

sub question {
    my ($name, $type, $size, $bits) = @_;
    my $q = pack('nnnnnn', 0x1234, 0x0100 | ($bits // 0), 1, 0, 0, $size ? 1 : 0);
    $q .= pack('C/a', $_) for split /\./, $name;
    $q .= pack('Cnn', 0, $type, 1);
    $q .= pack('CnnNn', 0, 41, $size, 0, 0) if $size;
    return $q;
}

sub ask {
    my ($q, $over) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.25.53', PeerPort => $port, Proto => $over) or die "connect: $!";
    alarm $hang;
    my $a = '';
    if ($over eq 'udp') {
        send $s, $q, 0;
        recv $s, $a, 65535, 0;
    } else {
        syswrite $s, pack('n/a', $q);
        1 while length $a < 2 + (length $a < 2 ? 1 : unpack 'n', $a) and sysread $s, $a, 65535, length $a;
        $a = substr $a, 2;
    }
    alarm 0;
    return $a;
}

# Answers come in the order of the questions: what is answered first was not preceded by another.
sub silence {
    my ($mute, $other) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.25.53', PeerPort => $port, Proto => 'udp') or die "socket: $!";
    my $a = '';
    alarm $hang;
    send $s, question($mute, 15, 1232), 0;
    send $s, pack('n', 0x4321) . substr(question($other, 15, 1232), 2), 0;
    recv $s, $a, 65535, 0;
    print unpack('n', $a) == 0x4321 ? "nothing\n" : "an answer\n";
}

sub show {
    my ($a) = @_;
    my ($id, $bits, $qd, $an, $ns, $ar) = unpack 'n6', $a;
    my ($at, $name) = (12, '');
    while (my $n = unpack 'C', substr $a, $at, 1) {
        $name .= substr($a, $at + 1, $n) . '.';
        $at += $n + 1;
    }
    my $opt = $a =~ /\0\0\x29\x04\xd0\0{4}(?:\0\0|\0\x06\0\x0f\0\x02(..))$/s ? 1 : 0;
    my $ede = $opt && defined $1 ? unpack 'n', $1 : '-';
    printf "rcode=%d tc=%d aa=%d an=%d ns=%d ar=%d opt=%d %s ad=%d cd=%d ede=%s\n", $bits & 15, $bits >> 9 & 1,
        $bits >> 10 & 1, $an, $ns, $ar, $opt, $name, $bits >> 5 & 1, $bits >> 4 & 1, $ede;
    records($a, $at + 5, $an) if $at + 5 <= length $a;
}

# A name that may be compressed, as text, and the offset behind it.
sub name_at {
    my ($a, $at) = @_;
    my ($name, $end) = ('', undef);
    while (my $n = unpack 'C', substr $a, $at, 1) {
        if ($n >= 192) {
            $end //= $at + 2;
            $at = unpack('n', substr $a, $at, 2) & 0x3fff;
            next;
        }
        $name .= substr($a, $at + 1, $n) . '.';
        $at += $n + 1;
    }
    return ($name, $end // $at + 1);
}

# The answer's records, a line each: TXT as its strings, names as text, others in hex.
sub records {
    my ($a, $at, $n) = @_;
    while ($n--) {
        (undef, $at) = name_at($a, $at);
        my ($type, undef, undef, $len) = unpack 'nnNn', substr $a, $at, 10;
        my $data = substr $a, $at + 10, $len;
        my $said = unpack 'H*', $data;
        $said = join '|', unpack '(C/a)*', $data if $type == 16;
        ($said) = name_at($a, $at + 10) if $type == 5 || $type == 12;
        print "type $type $said\n";
        $at += 10 + $len;
    }
}

# The address of a domain's server, from the DNS.
sub server {
    my ($domain) = @_;
    return substr ask(question("mx.$domain", 1, 0), 'udp'), -4;
}

sub dial {
    my ($ip) = @_;
    socket my $s, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
    connect $s, sockaddr_in($port, $ip) or die "connect: $!";
    return $s;
}

# One reply; 0 at the end of the stream.
sub reply {
    my ($s, $show) = @_;
    while (defined(my $line = <$s>)) {
        $line =~ s/\r?\n$//;
        print "$line\n" if $show;
        return 1 if $line =~ /^\d{3}(?!-)/;
    }
    print "closed\n" if $show;
    return 0;
}

sub talk {
    my ($domain, @pieces) = @_;
    alarm $hang;
    my $s = dial(server($domain));
    alarm $hang;
    reply($s, 1) or return;
    for (@pieces) {
        syswrite $s, $_ or last;
        reply($s, 1) or return;
    }
    1 while reply($s, 1);
}

sub crowd {
    my ($n) = @_;
    my $ip = server('good.test');
    my $good = 0;
    alarm $hang;
    my @all = map { dial($ip) } 1 .. $n;
    reply($_) for @all;
    for my $line ('EHLO a.test', 'MAIL FROM:<a@a.test>', 'RCPT TO:<jane@good.test>', 'QUIT') {
        syswrite $_, "$line\r\n" for @all;
        $good = grep { reply($_) } @all;
    }
    print "$good of $n\n";
}

sub junk {
    my $q = question('good.test', 15, 1232);
    socket my $s, PF_INET, SOCK_DGRAM, 0 or die "socket: $!";
    my $to = sockaddr_in($port, inet_aton('127.0.25.53'));
    send $s, substr($q, 0, $_), 0, $to for 0 .. length($q) - 1;
    for my $at (0 .. length($q) - 1) {
        my $bad = $q;
        substr($bad, $at, 1) ^= chr 0xff;
        send $s, $bad, 0, $to;
    }
    my $t = IO::Socket::INET->new(PeerAddr => '127.0.25.53', PeerPort => $port, Proto => 'tcp') or die "connect: $!";
    syswrite $t, "\xff\xff" . 'x' x 4000;
    print "alive\n" if length ask($q, 'udp') > 12;
}

if ($what eq 'smtp')     { my $d = shift @rest; talk($d, map { "$_\r\n" } @rest) }
elsif ($what eq 'burst') { my $d = shift @rest; s/\\r/\r/g, s/\\n/\n/g for @rest; talk($d, @rest) }
elsif ($what eq 'dns')   { show(ask(question(@rest[0, 1, 3, 4]), $rest[2])) }
elsif ($what eq 'crowd') { crowd(@rest) }
elsif ($what eq 'silence') { silence(@rest) }
elsif ($what eq 'junk')  { junk() }
