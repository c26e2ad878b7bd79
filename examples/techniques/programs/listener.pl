# Takes connections on the port that the techniques connect to and closes them at once.
use strict;
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "203.0.113.7:4444", Listen => 8, ReuseAddr => 1) or die "listen: $!";
while (my $peer = $server->accept()) { close $peer; }
