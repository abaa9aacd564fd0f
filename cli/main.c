/*
 * weirctl: the admin API from the command line.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/completion.h"
#include "cli/seed.h"
#include "cli/verbs.h"

static enum exit_code run_context(struct session *);
static enum exit_code run_completion(struct session *);
static enum exit_code run_version(struct session *);
static enum exit_code run_help(struct session *);

static const struct command {
	const char *name;
	enum exit_code (*run)(struct session *);
	bool is_local; /* needs no control plane */
	const char *help;
} commands[] = {
	{ "list", verb_list, false,
	    "RESOURCE [--all] [--filter VALUE]...   first page, or all" },
	{ "get", verb_get, false, "RESOURCE ID|SLUG" },
	{ "create", verb_create, false,
	    "RESOURCE -f FILE|- | --field VALUE..." },
	{ "update", verb_update, false,
	    "RESOURCE ID|SLUG -f FILE|- | --field VALUE..." },
	{ "delete", verb_delete, false, "RESOURCE ID|SLUG [--reason TEXT]" },
	{ "key", verb_key, false,
	    "rotate ID [--grace-seconds N] | revoke ID --reason TEXT" },
	{ "seed", seed_command, false,
	    "FILE [--simulator URL] [--key-file F] [--dry-run]" },
	{ "whoami", verb_whoami, false, "who the token belongs to" },
	{ "context", run_context, true, "add NAME --url U | list | use NAME" },
	{ "completion", run_completion, true, "bash" },
	{ "version", run_version, true, "" },
	{ "help", run_help, true, "" },
};

static enum exit_code
run_context(struct session *session)
{
	return context_command(session->arena, session->options);
}

static enum exit_code
run_completion(struct session *session)
{
	const char *names[ARRAY_LEN(commands)];

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	return completion_command(session->options, names, ARRAY_LEN(names));
}

static enum exit_code
run_version(struct session *session)
{
	printf("weirctl %s\n", WEIR_VERSION);
	return EXIT_OK;
}

static void
print_usage(FILE *out)
{
	fprintf(out, "usage: weirctl [options] command ...\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(
		    out, "  %-11s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
	    "\n  --url URL, --token T, --token-file F, --context NAME\n"
	    "  -o table|json|name\n\n"
	    "WEIR_URL (or WEIR_CONTROL_URL) and WEIR_TOKEN (or "
	    "WEIR_ADMIN_TOKEN) do the same.\n"
	    "Exit status: 0 ok, 1 error, 2 would change, 3 denied, 4 not "
	    "found,\n5 conflict, 6 usage, 7 unavailable.\n");
}

static enum exit_code
run_help(struct session *session)
{
	print_usage(stdout);
	return EXIT_OK;
}

static const struct command *
find_command(const struct options *options)
{
	const char *name = options->count > 0 ? options->args[0] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static enum exit_code
run_remote(struct session *session, const struct command *command)
{
	struct context context;
	enum exit_code code;

	if (context_resolve(session->arena, session->options, &context) != OK)
		return EXIT_USAGE;
	session->client = client_new(&context);
	if (session->client == NULL)
		return EXIT_ERROR;
	code = command->run(session);
	client_free(session->client);
	return code;
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_done) struct arena arena;
	struct options options;
	struct session session = { .arena = &arena, .options = &options };
	const struct command *command;
	enum exit_code code;

	arena_init(&arena, 0);
	if (options_read(&options, argc, argv,
		arena_alloc_array(&arena, (size_t)argc, sizeof(char *))) != OK)
		return EXIT_USAGE;
	command = find_command(&options);
	if (command == NULL) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (command->is_local)
		return command->run(&session);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return EXIT_ERROR;
	code = run_remote(&session, command);
	curl_global_cleanup();
	return code;
}
