# Of OpenWrt's rc.common and procd.sh what files/quoth.init uses: the command procd would start is
# printed.
. "$STUB/functions.sh"
procd_open_instance() { procd_command=; }
procd_set_param() { [ "$1" != command ] || { shift; procd_command=$*; }; }
procd_append_param() { shift; procd_command="$procd_command $*"; }
procd_close_instance() { echo "$procd_command"; }
procd_add_reload_trigger() { :; }
