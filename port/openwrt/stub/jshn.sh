# Of OpenWrt's jshn.sh what files/quoth.rpcd uses, for one object of strings.
json_load() { json_text=$1; printf %s "$1" | jq -e 'type == "object"' > /dev/null 2>&1; }
json_get_var() {
    eval "$1=\$(printf %s \"\$json_text\" | jq -j --arg k \"\$2\" '.[\$k] // \"\" | strings')"
}
