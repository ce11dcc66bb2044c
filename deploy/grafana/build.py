#!/usr/bin/env python3
"""Makes dashboards/*.json, as Grafana 12 reads them, from source/*.toml.

    build.py            write them
    build.py --check    exit with 1 where one is not what its source says

A source has `title`, `uid`, `description`, `variables` (the names of some below) and
`[[panel]]`s: `title`, `description`, `type`, `size = [columns of 24, rows]`, `unit`, and
`[[panel.query]]`s with `expr` (PromQL, LogQL), `sql` (PostgreSQL) or `search` (Jaeger).
Panels flow from left to right; a `[[panel]]` of type `row` begins a section.
"""

import json
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
TYPES = {
    "prometheus": "prometheus",
    "loki": "loki",
    "jaeger": "jaeger",
    "postgres": "grafana-postgresql-datasource",
}
# Of which data source a query is, by the word that says it.
LABELS = 'job=~"$service", environment=~"$environment"'


def main():
    stale = []
    for source in sorted((HERE / "source").glob("*.toml")):
        target = HERE / "dashboards" / f"{source.stem}.json"
        text = json.dumps(dashboard(tomllib.loads(source.read_text())), indent=1, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(target.name)
    if stale:
        sys.exit(f"deploy/grafana/build.py: {', '.join(stale)} is not what its source says; run it without --check")


def dashboard(source):
    return {
        "uid": source["uid"],
        "title": source["title"],
        "description": source["description"],
        "tags": ["telemetry"],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": source.get("refresh", "30s"),
        "time": {"from": source.get("from", "now-1h"), "to": "now"},
        "timezone": "browser",
        "templating": {"list": [variable(name) for name in source["variables"]]},
        "links": [
            {"type": "dashboards", "tags": ["telemetry"], "title": "Telemetry", "asDropdown": True, "includeVars": True, "keepTime": True}
        ],
        "annotations": {"list": [DRIFT_MARKS] if source.get("drift_marks") else []},
        "panels": placed(source["panel"]),
    }


def variable(name):
    if name in TYPES:
        return {"name": name, "label": name.capitalize(), "type": "datasource", "query": TYPES[name], "hide": 2, "refresh": 1, "current": {}}
    metric, label, within = {
        "service": ("tool_calls_total", "job", ""),
        "environment": ("tool_calls_total", "environment", '{job=~"$service"}'),
        "tool": ("tool_calls_total", "tool_name", "{%s}" % LABELS),
        "any_service": ("telemetry_tools", "job", ""),
    }[name]
    one = name == "tool"
    return {
        "name": name.removeprefix("any_"),
        "label": name.removeprefix("any_").capitalize(),
        "type": "query",
        "datasource": reference("prometheus"),
        "query": {"query": f"label_values({metric}{within}, {label})", "refId": "variable"},
        "definition": f"label_values({metric}{within}, {label})",
        "refresh": 2,
        "sort": 1,
        "multi": not one,
        "includeAll": not one,
        "allValue": None if one else ".*",
        "current": {} if one else {"text": "All", "value": "$__all"},
    }


def reference(source):
    return {"type": TYPES[source], "uid": "${%s}" % source}


DRIFT_MARKS = {
    "name": "Drift",
    "datasource": reference("prometheus"),
    "enable": True,
    "iconColor": "orange",
    "expr": "sum by (tool_name, drift_type, severity) (increase(tool_drift_events_total{%s}[2m])) > 0" % LABELS,
    "titleFormat": "{{tool_name}}",
    "textFormat": "{{drift_type}}, {{severity}}",
    "step": "60s",
}


def placed(panels):
    x = y = height = 0
    out = []
    for number, panel in enumerate(panels, 1):
        width, rows = (24, 1) if panel["type"] == "row" else panel["size"]
        if x + width > 24:
            x, y, height = 0, y + height, 0
        grid = {"x": x, "y": y, "w": width, "h": rows}
        out.append({"id": number, "title": panel["title"], "gridPos": grid, **BUILDERS.get(panel["type"], data_panel)(panel)})
        x, height = x + width, max(height, rows)
    return out


def row(_panel):
    return {"type": "row", "collapsed": False, "panels": []}


def text(panel):
    return {"type": "text", "description": panel["description"], "options": {"mode": "markdown", "content": panel["text"]}}


def data_panel(panel):
    source = panel.get("source", "prometheus")
    defaults = {"unit": panel.get("unit", "short"), **panel.get("defaults", {})}
    if "decimals" in panel:
        defaults["decimals"] = panel["decimals"]
    defaults["thresholds"] = {"mode": "absolute", "steps": thresholds(panel)}
    if panel["type"] == "timeseries":
        defaults.setdefault("min", 0)
        defaults["custom"] = {"fillOpacity": 8, "lineWidth": 1, "showPoints": "never", "spanNulls": 120000, **panel.get("custom", {})}
    built = {
        "type": panel["type"],
        "description": panel["description"],
        "datasource": reference(source),
        "fieldConfig": {"defaults": defaults, "overrides": [override(each) for each in panel.get("override", [])]},
        "options": {**OPTIONS.get(panel["type"], {}), **panel.get("options", {})},
        "targets": [target(each, source, chr(ord("A") + n), panel["type"]) for n, each in enumerate(panel["query"])],
    }
    if panel["type"] == "table" and source == "prometheus":
        built["transformations"] = table_of(panel)
    if "links" in panel:
        built["fieldConfig"]["defaults"]["links"] = panel["links"]
    return built


def thresholds(panel):
    steps = [{"color": "green", "value": None}]
    for color, value in zip(("orange", "red"), panel.get("thresholds", [])):
        steps.append({"color": color, "value": value})
    return steps


def override(each):
    matcher = {"id": "byName", "options": each["name"]} if "name" in each else {"id": "byRegexp", "options": each["regex"]}
    return {"matcher": matcher, "properties": [{"id": key, "value": value} for key, value in each["set"].items()]}


def target(query, source, letter, kind):
    base = {"refId": letter, "datasource": reference(source)}
    if source == "postgres":
        return {**base, "format": "time_series" if kind == "timeseries" else "table", "rawQuery": True, "editorMode": "code", "rawSql": query["sql"].strip()}
    if source == "jaeger":
        return {**base, "queryType": "search", **query["search"]}
    base |= {"expr": query["expr"].strip(), "legendFormat": query.get("legend", "")}
    if source == "loki":
        return {**base, "queryType": query.get("kind", "range")}
    instant = kind in ("table", "stat", "bargauge")
    exemplar = query.get("exemplar", False)
    form = {"table": "table", "heatmap": "heatmap"}.get(kind, "time_series")
    return {**base, "instant": instant, "range": not instant, "exemplar": exemplar, "format": form}


def table_of(panel):
    """One line a tool, a column a query."""
    names = {f"Value #{chr(ord('A') + n)}": query["column"] for n, query in enumerate(panel["query"])}
    hidden = {"Time": True, **{name: True for name in panel.get("hide", [])}}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": hidden, "renameByName": {**names, **panel.get("rename", {})}}},
        {"id": "sortBy", "options": {"sort": [{"field": panel["sort"], "desc": True}]}},
    ]


OPTIONS = {
    "timeseries": {"legend": {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull", "max"], "sortBy": "Max", "sortDesc": True}, "tooltip": {"mode": "multi", "sort": "desc"}},
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area", "textMode": "auto"},
    "bargauge": {"reduceOptions": {"calcs": ["lastNotNull"]}, "orientation": "horizontal", "displayMode": "basic"},
    "heatmap": {"calculate": False, "yAxis": {"unit": "ms", "axisPlacement": "left"}, "rowsFrame": {"layout": "le"}, "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5}, "cellGap": 1, "exemplars": {"color": "rgba(255,0,255,0.7)"}, "tooltip": {"mode": "single", "yHistogram": True}},
    "logs": {"showTime": True, "wrapLogMessage": True, "prettifyLogMessage": False, "enableLogDetails": True, "sortOrder": "Descending", "dedupStrategy": "none"},
    "table": {"showHeader": True, "cellHeight": "sm"},
}
BUILDERS = {"row": row, "text": text}

if __name__ == "__main__":
    main()
