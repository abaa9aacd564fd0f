/*
 * jsontestsuite_vectors.c - nst/JSONTestSuite: what y_ files hold is JSON, what
 * n_ files hold is not, and scanner and tree agree on the rest.
 *
 * Usage: jsontestsuite_vectors DIRECTORY
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "dataplane/translate/scan.h"
#include "dataplane/translate/tree.h"

enum {
	FILE_MAX = 1 << 20,
};

static struct str
read_file(struct arena *arena, const char *folder, const char *name)
{
	static char bytes[FILE_MAX];
	char path[4096];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return str_copy(arena, str_make(bytes, len));
}

/* The tree refuses twins that the scanner was not asked about. */
static bool
is_about_twins(const char *name)
{
	return strstr(name, "duplicated_key") != NULL;
}

static bool
check(const char *folder, const char *name)
{
	struct scan_fault fault = { .what = "" };
	struct tree *root;
	struct arena arena;
	struct str json;
	bool is_right;
	bool is_json;

	arena_init(&arena, 0);
	json = read_file(&arena, folder, name);
	is_json = scan_value(json, &fault) == OK;
	is_right = name[0] == 'y' ? is_json : name[0] != 'n' || !is_json;
	if (!is_about_twins(name))
		is_right &=
		    (tree_parse(&arena, json, &root, NULL) == OK) == is_json;
	if (!is_right)
		printf("%s: %s at %zu\n", name, fault.what, fault.offset);
	arena_done(&arena);
	return is_right;
}

int
main(int argc, char **argv)
{
	char folder[2048];
	struct dirent *entry;
	int passed = 0;
	int failed = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/test_parsing",
	    argc > 1 ? argv[1] : ".");
	dir = opendir(folder);
	if (dir == NULL) {
		perror(folder);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (check(folder, entry->d_name))
			passed++;
		else
			failed++;
	}
	closedir(dir);
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
