/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load for `npm run bench:live`. Joins the control group named first, then does one thing:
 *   files FOLDER RATE SECONDS   make and remove a file, RATE events a second (0: flat out); prints events
 *   calls COUNT                 a system call that no rule needs; prints ns a call
 *   spawns COUNT PROGRAM        vfork, exec and exit; prints ns a process
 *   marks PROGRAM COUNT         starts PROGRAM COUNT times, 50 ms apart
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void join(const char *group)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%d", getpid()) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static long files(const char *folder, double rate, double seconds)
{
	double begin = now(), passed;
	char path[4096];
	long events = 0;

	while ((passed = now() - begin) < seconds) {
		if (rate > 0 && events >= passed * rate) {
			usleep(500);
			continue;
		}
		snprintf(path, sizeof(path), "%s/%d-%ld", folder, getpid(), events);
		close(open(path, O_CREAT | O_WRONLY, 0600));
		unlink(path);
		events += 2;
	}
	return events;
}

static double calls(long count)
{
	double begin = now();

	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	return (now() - begin) / count * 1e9;
}

static void start(char *program, char *argument)
{
	char *arguments[] = { program, argument, NULL };
	pid_t child;

	if (posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0)
		waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	join(argv[1]);
	if (!strcmp(argv[2], "files") && argc == 6)
		printf("%ld\n", files(argv[3], atof(argv[4]), atof(argv[5])));
	else if (!strcmp(argv[2], "calls"))
		printf("%.2f\n", calls(atol(argv[3])));
	else if (!strcmp(argv[2], "spawns") && argc == 5) {
		long count = atol(argv[3]);
		double begin = now();

		for (long i = 0; i < count; i++)
			start(argv[4], NULL);
		printf("%.0f\n", (now() - begin) / count * 1e9);
	} else if (!strcmp(argv[2], "marks") && argc == 5)
		for (long i = 0; i < atol(argv[4]); i++) {
			start(argv[3], "kestrel-bench-mark");
			usleep(50000);
		}
	else
		return 2;
	return 0;
}
