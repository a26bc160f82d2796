"""Encodes values for the programs that read them, and edits the files that hold them."""

import re

SAFE = re.compile(r"[A-Za-z0-9@%_+=:,./-]+")


class Unwritable(Exception):
    """The file's reader cannot be given this value; the text says why, never the value."""


def encode_compose(value):
    """docker compose env_file: single quotes are literal; in double quotes \\, " and $ are escaped."""
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def encode_dotenv(value):
    """Vite and compose alike: dotenv has no escape for the quote it uses, and expands $ even inside single quotes."""
    quote = "'" if "'" not in value else '"'
    if quote in value:
        raise Unwritable("it holds both kinds of quotes")
    if "$" in value or "\\" in value:
        raise Unwritable("it holds $ or \\")
    return f"{quote}{value}{quote}"


def encode_systemd(value):
    """Read by systemd, by compose's own substitution and by grep: only what all three leave as it is."""
    if not SAFE.fullmatch(value):
        raise Unwritable("it holds characters other than letters, digits and @%_+=:,./-")
    return value


def encode_toml(value):
    """A basic string: JSON's escapes are TOML's, and DEL must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


ENCODERS = {"compose": encode_compose, "dotenv": encode_dotenv, "systemd": encode_systemd, "toml": encode_toml}


def assignment(reader, key):
    """Matches the line that assigns a key. A TOML key may be spaced, an env file's may not."""
    spaces = r"\s*" if reader == "toml" else ""
    return re.compile(rf"^{spaces}{re.escape(key)}{spaces}=.*$")


def set_keys(reader, text, assignments):
    """The text with each key assigned once; everything else is kept."""
    lines = text.splitlines()
    for key, encoded in assignments.items():
        separator = " = " if reader == "toml" else "="
        line = f"{key}{separator}{encoded}"
        pattern = assignment(reader, key)
        places = [i for i, old in enumerate(lines) if pattern.match(old)]
        if places:
            lines[places[0]] = line
            for i in reversed(places[1:]):
                del lines[i]
        elif reader == "toml":
            table = next((i for i, old in enumerate(lines) if old.lstrip().startswith("[")), len(lines))
            lines.insert(table, line)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def written(reader, text, key):
    """What a key is assigned in a file, as written; None when it is not."""
    pattern = assignment(reader, key)
    found = [line for line in text.splitlines() if pattern.match(line)]
    return found[-1].split("=", 1)[1].strip() if found else None
