# Listens on a port of the loopback device, accepts one connection of its own child, and ends.
use strict;
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "203.0.113.7:8443", Listen => 1, ReuseAddr => 1) or die "listen: $!";
my $child = fork();
if ($child == 0) {
    my $client = IO::Socket::INET->new("203.0.113.7:8443") or die "connect: $!";
    print $client "hello\n";
    exit 0;
}
my $peer = $server->accept();
my $line = <$peer>;
waitpid $child, 0;
