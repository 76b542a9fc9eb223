/* SPDX-License-Identifier: MIT */
#include "icmpext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const roles[] = {"incoming", "sub-incoming", "outgoing", "next-hop"};
static const char *const marks[] = {"INC", "SUB", "OUT", "NXT"};

static json_t *labels_json(const struct weft_icmp_object *obj)
{
    json_t *all = json_array();
    struct weft_icmp_label l;
    for (uint32_t i = 0; weft_icmp_object_label(obj, i, &l); i++)
        (void)json_array_append_new(all, json_pack("{s:i,s:i,s:b,s:i}", "label", (int)l.label, "tc",
                                                   (int)l.tc, "bottom", (int)l.is_bottom, "ttl",
                                                   (int)l.ttl));
    return all;
}

static json_t *interface_json(const struct weft_icmp_if *i)
{
    static const struct weft_addr none;
    char addr[48];
    json_t *o = json_pack("{s:s}", "role", roles[i->role]);
    if (i->index != 0)
        (void)json_object_set_new(o, "index", json_integer((json_int_t)i->index));
    if (memcmp(i->addr.b, none.b, sizeof(none.b)) != 0) {
        weft_addr_text(addr, sizeof(addr), &i->addr);
        (void)json_object_set_new(o, "address", json_string(addr));
    }
    if (i->name[0] != '\0')
        (void)json_object_set_new(o, "name", json_string(i->name));
    if (i->mtu != 0)
        (void)json_object_set_new(o, "mtu", json_integer((json_int_t)i->mtu));
    return o;
}

static json_t *data_json(const struct weft_icmp_object *obj)
{
    char hex[2 * WEFT_ICMP_EXT_MAX + 1] = "";
    for (uint32_t i = 0; i < obj->bytes && i < WEFT_ICMP_EXT_MAX; i++)
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", obj->data[i]);
    return json_string(hex);
}

json_t *wf_icmpext_json(const uint8_t *ext, size_t bytes)
{
    json_t *all = json_array();
    struct weft_icmp_object obj;
    struct weft_icmp_if i;
    uint32_t cursor = 0;
    while (weft_icmp_object_next(ext, bytes, &cursor, &obj)) {
        json_t *o = json_pack("{s:i,s:i}", "class", (int)obj.class_num, "type", (int)obj.type);
        if (obj.class_num == WEFT_ICMP_CLASS_MPLS && obj.type == 1)
            (void)json_object_set_new(o, "labels", labels_json(&obj));
        else if (weft_icmp_object_interface(&obj, &i))
            (void)json_object_set_new(o, "interface", interface_json(&i));
        else
            (void)json_object_set_new(o, "data", data_json(&obj));
        (void)json_array_append_new(all, o);
    }
    return all;
}

/* ---- text ---- */

static json_int_t number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static void print_labels(const json_t *labels)
{
    size_t i;
    const json_t *l;
    printf("MPLS:");
    json_array_foreach(labels, i, l) printf(
        "%sL=%" JSON_INTEGER_FORMAT ",E=%" JSON_INTEGER_FORMAT ",S=%d,T=%" JSON_INTEGER_FORMAT,
        i > 0 ? "/" : "", number(l, "label"), number(l, "tc"),
        (int)json_is_true(json_object_get(l, "bottom")), number(l, "ttl"));
}

static void print_interface(const json_t *i)
{
    const char *role = json_string_value(json_object_get(i, "role"));
    const char *addr = json_string_value(json_object_get(i, "address"));
    const char *name = json_string_value(json_object_get(i, "name"));
    const char *comma = "";
    for (size_t k = 0; k < sizeof(roles) / sizeof(roles[0]); k++)
        if (role != NULL && strcmp(role, roles[k]) == 0)
            printf("%s:", marks[k]);
    if (number(i, "index") != 0) {
        printf("%" JSON_INTEGER_FORMAT, number(i, "index"));
        comma = ",";
    }
    if (addr != NULL) {
        printf("%s%s", comma, addr);
        comma = ",";
    }
    if (name != NULL) {
        printf("%s\"%s\"", comma, name);
        comma = ",";
    }
    if (number(i, "mtu") != 0)
        printf("%smtu=%" JSON_INTEGER_FORMAT, comma, number(i, "mtu"));
}

void wf_icmpext_print(const json_t *objects)
{
    size_t i;
    const json_t *o;
    json_array_foreach(objects, i, o)
    {
        const json_t *labels = json_object_get(o, "labels"), *is = json_object_get(o, "interface");
        printf("%s", i > 0 ? ";" : " <");
        if (labels != NULL)
            print_labels(labels);
        else if (is != NULL)
            print_interface(is);
        else
            printf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT ":%s", number(o, "class"),
                   number(o, "type"), json_string_value(json_object_get(o, "data")));
    }
    if (json_array_size(objects) > 0)
        printf(">");
}
