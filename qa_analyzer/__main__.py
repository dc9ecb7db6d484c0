# Worker processes import this module again: what they need of the program they import themselves.
if __name__ == "__main__":
    from qa_analyzer.cli.main import main

    main()
