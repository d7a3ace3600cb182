//! Tables of text, so that numbers can be compared with the eye.

/// One column: its heading, and to which side its cells are set.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Words, set to the left.
    Words(&'static str),
    /// Numbers, set to the right.
    Numbers(&'static str),
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Words(heading) | Self::Numbers(heading) => heading,
        }
    }
}

/// The table as lines, columns two blanks apart, no blanks at the ends of lines. A row that is short is filled up with
/// nothing; cells beyond the last column are left out.
pub fn render(columns: &[Column], rows: &[Vec<String>]) -> String {
    let cell = |row: &'_ [String], index: usize| row.get(index).cloned().unwrap_or_default();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let longest = rows
                .iter()
                .map(|row| cell(row, index).chars().count())
                .max()
                .unwrap_or(0);
            longest.max(column.heading().chars().count())
        })
        .collect();
    let headings: Vec<String> = columns
        .iter()
        .map(|column| column.heading().to_owned())
        .collect();
    let mut lines = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        let cells = columns
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(index, (column, &width))| match column {
                Column::Words(_) => format!("{:<width$}", cell(row, index)),
                Column::Numbers(_) => format!("{:>width$}", cell(row, index)),
            });
        lines.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Column, render};

    #[test]
    fn words_stand_left_and_numbers_right() {
        let rows = [
            vec!["fmt".to_owned(), "0.4".to_owned(), "ok".to_owned()],
            vec!["clippy".to_owned(), "132.0".to_owned(), "ok".to_owned()],
        ];
        let table = render(
            &[
                Column::Words("step"),
                Column::Numbers("s"),
                Column::Words(""),
            ],
            &rows,
        );
        assert_eq!(
            table,
            "step        s\nfmt       0.4  ok\nclippy  132.0  ok\n"
        );
    }

    #[test]
    fn letters_are_counted_and_not_bytes() {
        let table = render(
            &[Column::Words("é"), Column::Numbers("n")],
            &[vec!["ação".to_owned(), "1".to_owned()]],
        );
        assert_eq!(table, "é     n\nação  1\n");
    }

    #[test]
    fn short_rows_are_filled_up() {
        assert_eq!(
            render(&[Column::Words("a"), Column::Words("b")], &[vec![]]),
            "a  b\n\n"
        );
    }
}
