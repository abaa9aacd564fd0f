/*
 * commands.h - what weir-control does besides serving.
 *
 * Each says on standard output what it did, on failure in `fault` why not.
 */
#pragma once

#include "controlplane/settings.h"

enum status command_migrate(const struct control_settings *, struct buf *fault);
enum status command_keys(const struct control_settings *, struct buf *fault);
enum status command_admin_token(
    const struct control_settings *, struct buf *fault);
enum status command_enrolment(
    const struct control_settings *, struct buf *fault);
