# Answers its own child's look-ups of long names on a loopback address.
use strict;
use IO::Socket::INET;
my $count = shift;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.53", LocalPort => 53, Proto => "udp") or die "bind: $!";
my $child = fork();
if ($child == 0) {
    my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.53", PeerPort => 53, Proto => "udp") or die "connect: $!";
    for my $n (1 .. $count) {
        my $name = join "", map { pack "C/a*", $_ } ("a" x 40) . $n, ("b" x 40) . $n, "example", "com";
        $client->send(pack("n6", $n, 0x0100, 1, 0, 0, 0) . $name . pack("C n n", 0, 1, 1));
        $client->recv(my $answer, 512);
    }
    exit 0;
}
for (1 .. $count) {
    $server->recv(my $query, 512);
    my $question = substr $query, 12;
    $server->send(substr($query, 0, 2) . pack("n5", 0x8180, 1, 1, 0, 0) . $question . pack("n3 N n C4", 0xc00c, 1, 1, 60, 4, 203, 0, 113, 7));
}
waitpid $child, 0;
