/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load for `npm run bench:live`. Joins the control group named first, then does one thing:
 *   files FOLDER RATE SECONDS   make and remove a file, RATE events a second (0: flat out); prints events
 *   calls COUNT                 a system call that no rule needs; prints ns a call, the median of thousands
 *   spawns COUNT PROGRAM        vfork, exec and exit; prints the median ns of a process, and its CPU time
 *   marks PROGRAM COUNT         starts PROGRAM COUNT times, 50 ms apart
 * With `pin first|last PROGRAM...` in place of all that, PROGRAM is run on one processor alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static int compare(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return difference < 0 ? -1 : difference > 0;
}

static double median(double *values, long count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static double *places(long count)
{
	double *values = count > 0 ? calloc(count, sizeof(double)) : NULL;

	if (!values)
		exit(2);
	return values;
}

/* What this process and those that it waited for have used, in seconds. */
static double used(void)
{
	int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	struct rusage usage;
	double seconds = 0;

	for (int i = 0; i < 2; i++) {
		getrusage(whose[i], &usage);
		seconds += usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
		seconds += usage.ru_stime.tv_sec + usage.ru_stime.tv_usec / 1e6;
	}
	return seconds;
}

static double calls(long count)
{
	long parts = count / 1000;
	double *times = places(parts);

	for (long i = 0; i < parts; i++) {
		double begin = now();

		for (int call = 0; call < 1000; call++)
			syscall(SYS_getppid);
		times[i] = (now() - begin) / 1000 * 1e9;
	}
	return median(times, parts);
}

static void start(char *program, char *argument)
{
	char *arguments[] = { program, argument, NULL };
	pid_t child;

	if (posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0)
		waitpid(child, NULL, 0);
}

static void spawns(long count, char *program)
{
	double *times = places(count);
	double before = used();

	for (long i = 0; i < count; i++) {
		double begin = now();

		start(program, NULL);
		times[i] = (now() - begin) * 1e9;
	}
	printf("%.0f %.0f\n", median(times, count), (used() - before) / count * 1e9);
}

/* Of the processors that this process may use, the first or the last. */
static void pin(int is_first)
{
	cpu_set_t allowed, one;
	int chosen = -1;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && (chosen < 0 || !is_first))
			chosen = cpu;
	CPU_ZERO(&one);
	CPU_SET(chosen, &one);
	if (sched_setaffinity(0, sizeof(one), &one)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	if (!strcmp(argv[1], "pin")) {
		pin(!strcmp(argv[2], "first"));
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		return 1;
	}
	join(argv[1]);
	if (!strcmp(argv[2], "files") && argc == 6)
		printf("%ld\n", files(argv[3], atof(argv[4]), atof(argv[5])));
	else if (!strcmp(argv[2], "calls"))
		printf("%.2f\n", calls(atol(argv[3])));
	else if (!strcmp(argv[2], "spawns") && argc == 5)
		spawns(atol(argv[3]), argv[4]);
	else if (!strcmp(argv[2], "marks") && argc == 5)
		for (long i = 0; i < atol(argv[4]); i++) {
			start(argv[3], "kestrel-bench-mark");
			usleep(50000);
		}
	else
		return 2;
	return 0;
}
