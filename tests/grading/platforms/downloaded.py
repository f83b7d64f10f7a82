"""A small class on each platform: its sheet, its files, and zips of them."""

import io
import json
import zipfile

HW = "hw.ipynb"
SHEETS = {
    "moodle": "Identifier,Full name,ID number,Email address,Last modified (submission)\n"
    'Participant 4711,"Zoë Müller, jr.",s017,z@x.edu,"Thursday, 1 October 2026, 9:30 AM"\n'
    "Participant 4712,Ada B,s018,a@x.edu,-\nParticipant 4713,Ada B,s019,b@x.edu,-\n",
    "canvas": 'Student,ID,SIS User ID\n"Müller, jr., Zoë",4711,s017\n"B, Ada",4712,s018\n'
    '"B, Ada",4713,s019\n',
    "blackboard": "Last Name\tUsername\nMüller\ts017\nB\ts018\nB\ts019\n",
}
FILES = {
    "moodle": {
        f"Zoë Müller, jr._4711_assignsubmission_file_/{HW}": b"1",
        f"Ada B_4712_assignsubmission_file_{HW}": b"2",
    },
    "canvas": {f"müllerjrzoë_LATE_4711_9001_{HW}": b"1", f"bada_4712_9002_{HW}": b"2"},
    "blackboard": {
        f"My_hw_s017_attempt_2026-10-01-09-30-15_{HW}": b"1",
        "My_hw_s017_attempt_2026-10-01-09-30-15.txt": b"Name: Z (s017)",
        f"My_hw_s018_attempt_2026-10-02-09-30-15_{HW}": b"2",
    },
}


def packed(files, encoding=""):
    """A zip; with an encoding, one that does not say how its names are written."""

    class Unsaid(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):
            return self.filename.encode(encoding), self.flag_bits

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(Unsaid(name) if encoding else name, content)
    return data.getvalue()


def kept(course):
    return json.loads((course / "collected" / "hw.json").read_text(encoding="utf-8"))
