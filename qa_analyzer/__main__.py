from qa_analyzer.cli.main import main

if __name__ == "__main__":
    main()
