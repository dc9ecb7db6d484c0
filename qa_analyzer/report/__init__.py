"""What people read: HTML, tables and the console."""
