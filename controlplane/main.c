/*
 * main.c - weir-control: serves, or does one thing and ends.
 */
#include <stdio.h>
#include <string.h>

#include "common/daemon.h"
#include "common/log.h"
#include "controlplane/commands.h"
#include "controlplane/serve.h"

#define FAULT_MAX_BYTES 65536

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const struct command {
	const char *words[2];
	const struct settings_table *settings;
	enum status (*run)(const struct control_settings *, struct buf *fault);
	bool needs_database;
	const char *help;
} commands[] = {
	{ { "serve" }, &settings_of_serve, serve, true,
	    "runs the control plane (the default)" },
	{ { "migrate" }, &settings_of_commands, command_migrate, true,
	    "brings the database's schema forward" },
	{ { "keys", "create" }, &settings_of_commands, command_keys, false,
	    "makes the keys that are missing from the keyring" },
	{ { "admin-token", "create" }, &settings_of_commands,
	    command_admin_token, true, "prints a new admin token" },
	{ { "enrolment", "create" }, &settings_of_commands, command_enrolment,
	    true, "prints a token for gateways to enrol with" },
};

static bool
is_command(const struct command *command, int argc, char **argv)
{
	int count = command->words[1] ? 2 : 1;

	if (argc < count)
		return false;
	for (int i = 0; i < count; i++)
		if (strcmp(argv[i], command->words[i]) != 0)
			return false;
	return true;
}

static int
print_help(void)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_add_cstr(&out, "weir-control [command] [--setting value …]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const char *second = commands[i].words[1];

		buf_printf(&out, "  %s %s\n      %s\n", commands[i].words[0],
		    second ? second : "", commands[i].help);
	}
	buf_add_cstr(&out, "\nserve:\n");
	settings_help(
	    settings_of_serve.settings, settings_of_serve.count, &out);
	buf_add_cstr(&out, "\nthe other commands:\n");
	settings_help(
	    settings_of_commands.settings, settings_of_commands.count, &out);
	printf("%.*s", STR_ARGS(buf_str(&out)));
	buf_done(&out);
	return EXIT_OK;
}

static int
fail(int exit_code, struct buf *fault)
{
	fprintf(stderr, "weir-control: %.*s\n", STR_ARGS(buf_str(fault)));
	buf_done(fault);
	return exit_code;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct control_settings settings = { 0 };
	enum log_level level;
	struct buf fault;

	buf_init(&fault, FAULT_MAX_BYTES);
	if (settings_load(command->settings->settings, command->settings->count,
		&argc, argv, &settings, &fault) != OK)
		return fail(EXIT_USAGE, &fault);
	if (argc > 0)
		buf_printf(&fault, "%s: no such command", argv[0]);
	else if (command->needs_database && !settings.database_url[0])
		buf_add_cstr(&fault, "--database-url is missing");
	else if (log_level_parse(str_from(settings.log_level), &level) != OK)
		buf_printf(&fault, "--log-level %s: no such level",
		    settings.log_level);
	if (buf_len(&fault) > 0)
		return fail(EXIT_USAGE, &fault);

	log_init("weir-control", level);
	daemon_init();
	enum status s = command->run(&settings, &fault);
	if (s != OK) {
		if (buf_len(&fault) == 0)
			buf_add_cstr(&fault, status_word(s));
		return fail(EXIT_FAILED, &fault);
	}
	buf_done(&fault);
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return print_help();
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		int count = commands[i].words[1] ? 2 : 1;

		if (is_command(&commands[i], argc - 1, argv + 1))
			return run(
			    &commands[i], argc - 1 - count, argv + 1 + count);
	}
	return run(&commands[0], argc - 1, argv + 1);
}
