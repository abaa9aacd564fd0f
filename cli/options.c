/* options.c - see options.h. */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

static enum status
read_output(struct options *options, const char *word)
{
	static const char *const words[] = {
		[OUTPUT_TABLE] = "table",
		[OUTPUT_JSON] = "json",
		[OUTPUT_NAME] = "name",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i], word) == 0) {
			options->output = (enum output)i;
			return OK;
		}
	}
	fprintf(stderr, "weirctl: -o is table, json or name, not %s\n", word);
	return E_INVALID;
}

/* Where the value of a global option goes; NULL for other arguments. */
static const char **
place_of(struct options *options, const char *arg)
{
	const struct {
		const char *name;
		const char **place;
	} globals[] = {
		{ "--url", &options->url },
		{ "--token", &options->token },
		{ "--token-file", &options->token_file },
		{ "--context", &options->context },
	};

	for (size_t i = 0; i < ARRAY_LEN(globals); i++) {
		if (strcmp(globals[i].name, arg) == 0)
			return globals[i].place;
	}
	return NULL;
}

enum status
options_read(struct options *options, int argc, char **argv, const char **args)
{
	*options = (struct options){ .args = args };
	for (int i = 1; i < argc; i++) {
		bool is_output = strcmp(argv[i], "-o") == 0 ||
		    strcmp(argv[i], "--output") == 0;
		const char **place = place_of(options, argv[i]);

		if (!is_output && place == NULL) {
			args[options->count++] = argv[i];
			continue;
		}
		if (i + 1 == argc) {
			fprintf(stderr, "weirctl: %s needs a value\n", argv[i]);
			return E_INVALID;
		}
		i++;
		if (!is_output)
			*place = argv[i];
		else if (read_output(options, argv[i]) != OK)
			return E_INVALID;
	}
	return OK;
}

const char *
options_value(const struct options *options, const char *name)
{
	for (size_t i = 0; i + 1 < options->count; i++) {
		if (strcmp(options->args[i], name) == 0)
			return options->args[i + 1];
	}
	return NULL;
}

bool
options_has(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->args[i], name) == 0)
			return true;
	}
	return false;
}
