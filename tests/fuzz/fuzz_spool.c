/*
 * fuzz_spool.c - a spool whose segment holds arbitrary bytes.
 *
 * The input is what follows the head of a segment of an earlier boot.
 * Opening must succeed, numbers must have no gaps, and after all of it was
 * acknowledged nothing of that boot may be left.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/digest.h"
#include "common/log.h"
#include "dataplane/usage/segment.h"
#include "dataplane/usage/spool.h"

#define BOOT_ID 0x1122334455667788

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spool_limits limits = {
	.max_bytes = 1 << 20,
	.segment_bytes = 64 << 10,
};

static char directory[] = "/tmp/weir-fuzz-XXXXXX";

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz_spool", LOG_ERROR);
	return mkdtemp(directory) == NULL;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	return ftw->level > 0 ? remove(path) : 0;
}

/* Checksums that are right, as far as lengths are, so that bytes get in. */
static void
mend(char *bytes, size_t len)
{
	uint32_t head[2];

	for (size_t at = 0; at + sizeof(head) < len;) {
		memcpy(head, bytes + at, sizeof(head));
		head[0] %= 512;
		if (head[0] == 0 || at + segment_entry_bytes(head[0]) > len)
			return;
		head[1] =
		    digest_crc32(str_make(bytes + at + sizeof(head), head[0]));
		memcpy(bytes + at, head, sizeof(head));
		at += segment_entry_bytes(head[0]);
	}
}

static void
write_boot(const uint8_t *data, size_t size)
{
	char head[SEGMENT_HEAD_BYTES] __attribute__((aligned(8))) = { 0 };
	char *bytes = malloc(size + 1);
	char path[128];
	FILE *file;

	memcpy(bytes, data, size);
	if (size > 0 && data[size - 1] % 2 == 0)
		mend(bytes, size);
	segment_write_head(head, BOOT_ID, 1);
	snprintf(path, sizeof(path), "%s/%016llx", directory,
	    (unsigned long long)BOOT_ID);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%016llx/00000000.seg", directory,
	    (unsigned long long)BOOT_ID);
	file = fopen(path, "w");
	if (file == NULL || fwrite(head, sizeof(head), 1, file) != 1 ||
	    fwrite(bytes, 1, size, file) != size)
		abort();
	fclose(file);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t next_seq = 1;
	struct spool_batch batch;
	struct spool *spool;
	struct arena arena;

	arena_init(&arena, 0);
	write_boot(data, size);
	if (spool_open(directory, &limits, &spool) != OK)
		abort();
	while (spool_read(spool, &arena, 10, 4096, &batch) == OK) {
		if (batch.boot_id != BOOT_ID || batch.first_seq != next_seq ||
		    batch.count == 0)
			abort();
		next_seq += batch.count;
		spool_ack(spool, batch.boot_id, next_seq - 1);
	}
	if (spool_bytes(spool) != 0)
		abort();
	spool_close(spool);
	arena_done(&arena);
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
