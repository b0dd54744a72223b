"""What stations, mills, exporters and roasters do: each function gives a Plan to look at and sign."""
