"""Has PyInstaller make the folder of this package, from which python-docx goes up to find its templates."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("docx.parts", include_py_files=True, includes=["__init__.py"])
