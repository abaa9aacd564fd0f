# The session with the control plane.
set(control_sources
  control/identity.c control/control.c control/control_greeting.c
  control/control_config.c control/control_usage.c)
