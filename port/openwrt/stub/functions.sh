# Of OpenWrt's functions.sh what files/quoth.rpcd and files/quoth.init use: config_NAME and
# config_list_NAME are set by whoever tests.
config_load() { :; }
config_get() { eval "$1=\${config_$3-\${4-}}"; }
config_get_bool() { config_get "$@"; }
config_list_foreach() {
    local foreach_values foreach_value
    eval "foreach_values=\${config_list_$2-}"
    for foreach_value in $foreach_values; do "$3" "$foreach_value" "$4"; done
}
