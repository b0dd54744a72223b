/*
 * Counts fsync and fdatasync of a process and makes each take SLOWSYNC_US microseconds longer, as an honest disk does.
 * Loaded with LD_PRELOAD; slowsync_count() tells how many there were. The processes it starts count for themselves.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long flushes;

long slowsync_count(void) { return flushes; }

static int flush(const char *name, int file)
{
	const char *delay = getenv("SLOWSYNC_US");
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

	flushes++;
	if (delay)
		usleep((useconds_t)atol(delay));
	return real(file);
}

int fsync(int file) { return flush("fsync", file); }
int fdatasync(int file) { return flush("fdatasync", file); }
