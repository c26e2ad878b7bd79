# Plays an SSH daemon: accepts a connection of its own child and starts a session of its own for the steps.
use strict;
use IO::Socket::INET;
use POSIX ();
my $server = IO::Socket::INET->new(LocalAddr => "203.0.113.7:22", Listen => 1, ReuseAddr => 1) or die "listen: $!";
my $client = fork();
if ($client == 0) {
    my $socket = IO::Socket::INET->new("203.0.113.7:22") or die "connect: $!";
    sleep 1;
    exit 0;
}
my $peer = $server->accept();
waitpid $client, 0;
my $session = fork();
if ($session == 0) {
    POSIX::setsid();
    exec "bash", "steps.sh";
}
waitpid $session, 0;
exit($? >> 8);
