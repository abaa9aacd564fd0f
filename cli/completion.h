/*
 * completion.h - what a shell needs to complete weirctl's command line.
 */
#pragma once

#include "cli/exit.h"
#include "cli/options.h"

/* completion bash */
enum exit_code completion_command(
    const struct options *, const char *const *commands, size_t count);
