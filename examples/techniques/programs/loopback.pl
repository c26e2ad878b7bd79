# Brings the loopback device of this network name space up and gives it an address for documentation (RFC 5737).
use strict;
use Socket;
socket my $socket, AF_INET, SOCK_DGRAM, 0 or die "socket: $!";
sub request { my ($number, $name, $value) = @_; ioctl $socket, $number, pack("a16 a24", $name, $value) or die "ioctl: $!"; }
request(0x8914, "lo", pack "s", 0x41);
request(0x8916, "lo:1", pack_sockaddr_in(0, inet_aton("203.0.113.7")));
request(0x8914, "lo:1", pack "s", 0x41);
