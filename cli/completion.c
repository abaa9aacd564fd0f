/* completion.c - see completion.h. */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/resource.h"

enum exit_code
completion_command(
    const struct options *options, const char *const *commands, size_t count)
{
	if (options->count != 2 || strcmp(options->args[1], "bash") != 0) {
		fprintf(stderr, "usage: weirctl completion bash\n");
		return EXIT_USAGE;
	}
	printf("_weirctl() {\n"
	       "	local word=${COMP_WORDS[COMP_CWORD]}\n"
	       "	local words=");
	putchar('"');
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i > 0 ? " " : "", commands[i]);
	printf("\"\n"
	       "	case ${COMP_WORDS[COMP_CWORD-1]} in\n"
	       "	list|get|create|update|delete) words=\"");
	for (size_t i = 0; i < resource_count; i++)
		printf("%s%s", i > 0 ? " " : "", resources[i].name);
	printf("\" ;;\n"
	       "	context) words=\"add list use\" ;;\n"
	       "	key) words=\"rotate revoke\" ;;\n"
	       "	-o|--output) words=\"table json name\" ;;\n"
	       "	esac\n"
	       "	COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	       "}\n"
	       "complete -o default -F _weirctl weirctl\n");
	return EXIT_OK;
}
