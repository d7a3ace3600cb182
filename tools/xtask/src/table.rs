//! Tables of text with aligned columns.

use comfy_table::{CellAlignment, Table, presets};

/// One column: its heading and alignment.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Words, aligned left.
    Words(&'static str),
    /// Numbers, aligned right.
    Numbers(&'static str),
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Words(heading) | Self::Numbers(heading) => heading,
        }
    }

    fn alignment(self) -> CellAlignment {
        match self {
            Self::Words(_) => CellAlignment::Left,
            Self::Numbers(_) => CellAlignment::Right,
        }
    }
}

/// Renders the table, columns two spaces apart, without borders or trailing spaces. Missing cells are left empty.
pub fn render(columns: &[Column], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(columns.iter().map(|column| column.heading()))
        .add_rows(rows);
    for (layout, column) in table.column_iter_mut().zip(columns) {
        layout
            .set_padding((0, 2))
            .set_cell_alignment(column.alignment());
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Column, render};

    #[test]
    fn aligns_words_left_and_numbers_right() {
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
    fn measures_characters_rather_than_bytes() {
        let table = render(
            &[Column::Words("é"), Column::Numbers("n")],
            &[vec!["ação".to_owned(), "1".to_owned()]],
        );
        assert_eq!(table, "é     n\nação  1\n");
    }

    #[test]
    fn leaves_missing_cells_empty() {
        assert_eq!(
            render(&[Column::Words("a"), Column::Words("b")], &[vec![]]),
            "a  b\n\n"
        );
    }
}
